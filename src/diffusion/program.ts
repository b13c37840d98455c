import * as tf from "@tensorflow/tfjs";
import type { HostTensor, ProgramCache } from "../runtime/index.js";
import type { Inputs, Tensors } from "./block.js";

/** Where programs are compiled and kept, and the weights that are in all of them. */
export interface ProgramHome {
  readonly programs: ProgramCache;
  readonly constants?: readonly HostTensor[];
  /** See `ProgramSource.roundable`. */
  readonly roundable?: boolean;
}

/** A program around a denoiser, fed with arrays by group and name. */
export interface NamedProgram<Group extends string> {
  /** With the shapes of the inputs it tells the program from others. */
  readonly name: string;
  readonly inputs: Readonly<Record<Group, Inputs>>;
  readonly fn: (given: Readonly<Record<Group, Tensors>>, constants: readonly tf.Tensor[]) => tf.Tensor[];
}

/** Runs a program, compiled when it is first met. */
export async function runProgram<Group extends string>(
  { programs, constants = [], roundable }: ProgramHome,
  { name, inputs, fn }: NamedProgram<Group>,
): Promise<Float32Array[]> {
  const flat = (Object.keys(inputs) as Group[]).flatMap((group) =>
    Object.entries(inputs[group]).map(([own, tensor]) => ({ group, own, ...tensor })),
  );
  const grouped = (tensors: readonly tf.Tensor[]): Record<Group, Tensors> => {
    const ofGroup = (wanted: Group): Tensors =>
      Object.fromEntries(flat.flatMap(({ group, own }, i) => (group === wanted ? [[own, tensors[i]]] : [])));
    const groups = (Object.keys(inputs) as Group[]).map((group) => [group, ofGroup(group)]);
    return Object.fromEntries(groups) as Record<Group, Tensors>;
  };
  const key = [name, ...flat.map(({ group, own, shape }) => `${group}.${own} ${shape.join("x")}`)].join("; ");
  const program = await programs.get(key, () => ({
    name,
    inputs: flat.map(({ shape, data }) => ({ shape, dtype: data instanceof Int32Array ? "int32" : "float32" })),
    constants,
    roundable,
    fn: (...tensors) => fn(grouped(tensors), tensors.slice(flat.length)),
  }));
  return (await program.run(flat.map(({ data }) => data))) as Float32Array[];
}

/** Stands for infinity, whose ratios are not numbers. */
const largest = 1e30;

/** Numbers by name, as one input. */
export function scalarInputs<Name extends string>(numbers: Readonly<Record<Name, number>>): { scalars: HostTensor } {
  const data = Float32Array.from(Object.values<number>(numbers), (value) => Math.min(value, largest));
  return { scalars: { shape: [data.length], data } };
}

/** The same numbers inside the program, each a scalar tensor. */
export function scalarTensors<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  { scalars }: Tensors,
): Readonly<Record<Name, tf.Tensor>> {
  const values = tf.unstack(scalars);
  return Object.fromEntries(Object.keys(numbers).map((name, i) => [name, values[i]])) as Record<Name, tf.Tensor>;
}
