/** Elements that a group of equal sites may be, likeliest first. */
export interface GroupChoices {
  /** Sites of the group. */
  readonly members: readonly number[];
  readonly elements: readonly { readonly atomicNumber: number; readonly probability: number }[];
}

/** A composition in its likeliest arrangement. */
export interface Arrangement {
  /** [N] by site. */
  readonly atomicNumbers: readonly number[];
  /** Sum over all arrangements of the composition. */
  readonly probability: number;
}

export interface LikelyAssignments {
  /** Of distinct compositions, likeliest first. */
  readonly arrangements: readonly Arrangement[];
  /** Whether no likelier composition can be missing. */
  readonly exact: boolean;
  /** Arrangements that were looked at. */
  readonly searched: number;
}

/** Arrangements that are looked at before a search ends without certainty. */
const mostSearched = 100_000;
/** Of more groups than these, a composition counts with the arrangements that were looked at, fewer of them. */
const mostGroups = 6;
const mostSearchedOfMany = 20_000;

/**
 * The likeliest compositions of groups that choose independently. Arrangements are visited likeliest first (a heap over ranks, each
 * reached once); a composition counts with the sum over its arrangements. Unseen compositions have at most G! arrangements, each
 * no likelier than the last visited one: once `count` compositions are beyond that, the answer is exact.
 */
export function likelyAssignments(
  groups: readonly GroupChoices[],
  siteCount: number,
  count: number,
  accepts: (atomicNumbers: readonly number[]) => boolean,
): LikelyAssignments {
  const few = groups.length <= mostGroups;
  const limit = few ? mostSearched : mostSearchedOfMany;
  const arrangementsOfOne = groups.reduce((product, _, g) => product * (g + 1), 1);
  const found = new Map<string, Arrangement | null>();
  const best: number[] = [];
  const visits = visitsOf(groups);
  let searched = 0;
  for (const { ranks, probability } of visits) {
    if (few && best.length === count && best[count - 1] >= arrangementsOfOne * probability)
      return { arrangements: firstOf(found, count), exact: true, searched };
    if (searched === limit) return { arrangements: firstOf(found, count), exact: false, searched };
    searched++;
    const atomicNumbers = placed(groups, siteCount, ranks);
    const counts = countsOf(atomicNumbers);
    const key = keyOf(counts);
    const before = found.get(key);
    if (before === undefined) {
      const whole = few ? () => assignmentsOf(groups, siteCount, counts)! : () => ({ atomicNumbers, probability });
      const made = accepts(atomicNumbers) ? whole() : null;
      found.set(key, made);
      if (made) insertDescending(best, made.probability, count);
    } else if (!few && before) found.set(key, { ...before, probability: before.probability + probability });
  }
  return { arrangements: firstOf(found, count), exact: true, searched };
}

function firstOf(found: ReadonlyMap<string, Arrangement | null>, count: number): Arrangement[] {
  const accepted = [...found.values()].filter((arrangement) => arrangement !== null);
  return accepted.sort((a, b) => b.probability - a.probability).slice(0, count);
}

/** All arrangements, likeliest first. */
function* visitsOf(groups: readonly GroupChoices[]): Generator<Visit> {
  const heap = new Heap();
  const first = groups.map(() => 0);
  heap.push({ ranks: first, from: 0, probability: likelihood(groups, first) });
  for (let next = heap.pop(); next; next = heap.pop()) {
    yield next;
    for (let g = next.from; g < groups.length; g++) {
      if (next.ranks[g] + 1 >= groups[g].elements.length) continue;
      const ranks = next.ranks.map((rank, i) => (i === g ? rank + 1 : rank));
      heap.push({ ranks, from: g, probability: likelihood(groups, ranks) });
    }
  }
}

/**
 * All arrangements of one composition: their probabilities' sum, and the likeliest of them. Undefined where the groups cannot make it.
 * @param counts atomic number -> atoms in the cell
 */
export function assignmentsOf(
  groups: readonly GroupChoices[],
  siteCount: number,
  counts: ReadonlyMap<number, number>,
): Arrangement | undefined {
  interface Part {
    readonly sum: number;
    readonly best: number;
    readonly chosen: readonly number[];
  }
  const known = new Map<string, Part | null>();
  const from = (g: number, left: ReadonlyMap<number, number>): Part | null => {
    if (g === groups.length) return { sum: 1, best: 1, chosen: [] };
    const key = `${g} ${keyOf(left)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const { members, elements } = groups[g];
    let made: Part | null = null;
    for (const { atomicNumber, probability } of elements) {
      if (!left.has(atomicNumber)) continue;
      const rest = (left.get(atomicNumber) ?? 0) - members.length;
      const part = rest >= 0 ? from(g + 1, new Map(left).set(atomicNumber, rest)) : null;
      if (!part) continue;
      const sum: number = (made?.sum ?? 0) + probability * part.sum;
      const better: boolean = !made || probability * part.best > made.best;
      made = better ? { sum, best: probability * part.best, chosen: [atomicNumber, ...part.chosen] } : { ...made!, sum }; // prettier-ignore
    }
    known.set(key, made);
    return made;
  };
  const whole = from(0, counts);
  if (!whole) return undefined;
  const atomicNumbers = Array<number>(siteCount).fill(0);
  groups.forEach(({ members }, g) => members.forEach((site) => (atomicNumbers[site] = whole.chosen[g])));
  return { atomicNumbers, probability: whole.sum };
}

function likelihood(groups: readonly GroupChoices[], ranks: readonly number[]): number {
  return ranks.reduce((product, rank, g) => product * groups[g].elements[rank].probability, 1);
}

function placed(groups: readonly GroupChoices[], siteCount: number, ranks: readonly number[]): number[] {
  const atomicNumbers = Array<number>(siteCount).fill(0);
  groups.forEach(({ members, elements }, g) =>
    members.forEach((site) => (atomicNumbers[site] = elements[ranks[g]].atomicNumber)),
  );
  return atomicNumbers;
}

function countsOf(atomicNumbers: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const z of atomicNumbers) counts.set(z, (counts.get(z) ?? 0) + 1);
  return counts;
}

function keyOf(counts: ReadonlyMap<number, number>): string {
  return [...counts]
    .filter(([, n]) => n > 0)
    .sort(([a], [b]) => a - b)
    .map(([z, n]) => `${z}x${n}`)
    .join(" ");
}

function insertDescending(sorted: number[], value: number, most: number): void {
  const at = sorted.findIndex((other) => other < value);
  sorted.splice(at < 0 ? sorted.length : at, 0, value);
  if (sorted.length > most) sorted.pop();
}

interface Visit {
  readonly ranks: readonly number[];
  /** The first group whose rank later visits may raise, so that each is reached once. */
  readonly from: number;
  readonly probability: number;
}

/** A binary heap, likeliest first. */
class Heap {
  private readonly items: Visit[] = [];

  push(item: Visit): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.items[parent].probability >= item.probability) break;
      this.items[at] = this.items[parent];
      at = parent;
    }
    this.items[at] = item;
  }

  pop(): Visit | undefined {
    const top = this.items[0] as Visit | undefined;
    const last = this.items.pop();
    if (!last || this.items.length === 0) return top;
    let at = 0;
    for (let child = 1; child < this.items.length; child = 2 * at + 1) {
      if (child + 1 < this.items.length && this.items[child + 1].probability > this.items[child].probability) child++;
      if (this.items[child].probability <= last.probability) break;
      this.items[at] = this.items[child];
      at = child;
    }
    this.items[at] = last;
    return top;
  }
}
