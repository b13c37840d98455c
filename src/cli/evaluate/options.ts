import type { BackendName } from "../../runtime/index.js";
import type { SourceOptions } from "../judges.js";
import type { TargetInput } from "../target-input.js";

/** The options of `dosmith evaluate`, as commander gives them. */
export interface EvaluateOptions extends SourceOptions, Omit<TargetInput, "target"> {
  readonly target?: string;
  readonly qualityTable?: boolean;
  readonly model?: string;
  readonly targets?: number;
  readonly count: number;
  readonly weights: readonly number[];
  readonly samplers: readonly ("fast" | "predictor-corrector")[];
  readonly steps: number;
  readonly guidanceInterval?: readonly [number, number];
  readonly seed: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly backend: BackendName | "auto";
  readonly threads?: number;
}
