import { describeCrystal, judge, type JudgedCrystal } from "./judge.js";
import type { Resources } from "./resources.js";
import type { NamedCrystal } from "./structures.js";
import type { SourcedTarget } from "./target.js";
import { trainingSetOf } from "./training-data.js";

/** A judged structure and its name. */
export interface JudgedStructure extends JudgedCrystal {
  readonly name: string;
}

/** Judges existing structures: with a target from the best to the worst match, without one in the order given. */
export async function judgeStructures(
  resources: Resources,
  structures: readonly NamedCrystal[],
  target?: SourcedTarget,
): Promise<JudgedStructure[]> {
  const judged = target
    ? await judge(target, structures, await resources.judges(), target)
    : await described(resources, structures);
  return judged.map((item) => ({ ...item, name: structures[item.index].name }));
}

async function described(resources: Resources, structures: readonly NamedCrystal[]): Promise<JudgedCrystal[]> {
  const training = trainingSetOf(await resources.dataset());
  return structures.map(({ crystal }, index) => ({
    index,
    ...describeCrystal(crystal, training),
    rankMatch: null,
    match: null,
  }));
}
