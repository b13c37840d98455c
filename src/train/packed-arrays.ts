import type { Parameters } from "../model/index.js";
import type { Arrays, OptimiserState } from "./optimiser.js";
import type { Packing } from "./packing.js";
import type { StepArrays, UpdateRule } from "./update-rule.js";

/** What a step changes, as its program takes it; the arrays of a group are named when they are first read. */
export class PackedArrays implements StepArrays {
  private readonly named = new Map<number, Arrays>();

  /**
   * @param slabs of the parameters, of the average where one is kept, of each slot of the optimiser
   * @param unchanged what no step changes
   */
  private constructor(
    readonly packing: Packing,
    readonly slabs: readonly Float32Array[],
    private readonly rule: UpdateRule,
    private readonly unchanged: Unchanged,
  ) {}

  /** These arrays packed, if they are not yet. Of those given only the untrained ones are kept. */
  static of(arrays: StepArrays, packing: Packing, rule: UpdateRule): PackedArrays {
    if (arrays instanceof PackedArrays && arrays.packing === packing) return arrays;
    const { parameters, average, optimiser } = arrays;
    const groups = [
      dataOf(parameters),
      ...(rule.emaDecay === undefined ? [] : [dataOf(average)]),
      ...rule.optimiser.slots.map((slot) => optimiser[slot]),
    ];
    const slabs = groups.flatMap((group) => packing.pack(group));
    const trained = new Set(packing.names);
    const shapes = new Map([...parameters].map(([name, { shape }]) => [name, shape]));
    const untrained = groups.map((group) => new Map([...group].filter(([name]) => !trained.has(name))));
    return new PackedArrays(packing, slabs, rule, { shapes, untrained });
  }

  /** The arrays after a step that wrote into `slabs`. */
  after(slabs: readonly Float32Array[]): PackedArrays {
    return new PackedArrays(this.packing, slabs, this.rule, this.unchanged);
  }

  /** The parameters that no step changes. */
  untrained(): Parameters {
    return this.shaped(this.unchanged.untrained[0]);
  }

  get parameters(): Parameters {
    return this.shaped(this.group(0));
  }

  get average(): Parameters {
    return this.shaped(this.group(this.averages));
  }

  get optimiser(): OptimiserState {
    const { slots } = this.rule.optimiser;
    return Object.fromEntries(slots.map((slot, s) => [slot, this.group(1 + this.averages + s)]));
  }

  /** Groups for the average: one, or none where it is the parameters. */
  private get averages(): number {
    return this.rule.emaDecay === undefined ? 0 : 1;
  }

  private group(index: number): Arrays {
    const known = this.named.get(index) ?? this.unpack(index);
    this.named.set(index, known);
    return known;
  }

  private unpack(index: number): Arrays {
    const { slabs } = this.packing;
    const own = this.slabs.slice(index * slabs.length, (index + 1) * slabs.length);
    return new Map([...this.packing.unpack(own), ...this.unchanged.untrained[index]]);
  }

  /** In the order of the parameters that training began with. */
  private shaped(group: Arrays): Parameters {
    const names = [...this.unchanged.shapes].filter(([name]) => group.has(name));
    return new Map(names.map(([name, shape]) => [name, { shape, data: group.get(name)! }]));
  }
}

interface Unchanged {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Of each group. */
  readonly untrained: readonly Arrays[];
}

const dataOf = (group: Parameters): Arrays => new Map([...group].map(([name, { data }]) => [name, data]));
