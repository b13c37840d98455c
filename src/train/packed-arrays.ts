import type { Parameters } from "../model/index.js";
import type { Arrays, OptimiserState } from "./optimiser.js";
import type { Packing } from "./packing.js";
import type { StepArrays, UpdateRule } from "./step.js";

/** What a step changes, as its program takes it; arrays get their names when somebody asks for them. */
export class PackedArrays implements StepArrays {
  private named: StepArrays | undefined;

  /**
   * @param slabs of the parameters, of the average where one is kept, of each slot of the optimiser
   * @param start where the untrained parameters are
   */
  constructor(
    readonly packing: Packing,
    readonly slabs: readonly Float32Array[],
    private readonly rule: UpdateRule,
    private readonly start: StepArrays,
  ) {}

  /** These arrays packed, if they are not yet. */
  static of(arrays: StepArrays, packing: Packing, rule: UpdateRule): PackedArrays {
    if (arrays instanceof PackedArrays && arrays.packing === packing) return arrays;
    const data = (group: Parameters): Arrays => new Map([...group].map(([name, tensor]) => [name, tensor.data]));
    const { parameters, average, optimiser } = arrays;
    const groups = [
      data(parameters),
      ...(rule.emaDecay === undefined ? [] : [data(average)]),
      ...rule.optimiser.slots.map((slot) => optimiser[slot]),
    ];
    const slabs = groups.flatMap((group) => packing.pack(group));
    return new PackedArrays(packing, slabs, rule, arrays);
  }

  /** The arrays after a step that wrote into `slabs`. */
  after(slabs: readonly Float32Array[]): PackedArrays {
    return new PackedArrays(this.packing, slabs, this.rule, this.start);
  }

  /** The parameters that no step changes. */
  untrained(): Parameters {
    return new Map([...this.start.parameters].filter(([name]) => !this.packing.names.includes(name)));
  }

  get parameters(): Parameters {
    return this.names().parameters;
  }

  get average(): Parameters {
    return this.names().average;
  }

  get optimiser(): OptimiserState {
    return this.names().optimiser;
  }

  private names(): StepArrays {
    return (this.named ??= this.unpack());
  }

  private unpack(): StepArrays {
    const { slots } = this.rule.optimiser;
    const count = this.packing.slabs.length;
    let at = 0;
    const group = (): Arrays => this.packing.unpack(this.slabs.slice(at, (at += count)));
    const renew = (old: Parameters, fresh: Arrays): Parameters =>
      new Map([...old].map(([name, { shape, data }]) => [name, { shape, data: fresh.get(name) ?? data }]));
    const parameters = renew(this.start.parameters, group());
    return {
      parameters,
      average: this.rule.emaDecay === undefined ? parameters : renew(this.start.average, group()),
      optimiser: Object.fromEntries(slots.map((slot) => [slot, new Map([...this.start.optimiser[slot], ...group()])])),
    };
  }
}
