import type { Tensor } from "@tensorflow/tfjs";
import type { HostTensor, TensorSpec } from "../runtime/index.js";
import { key } from "../runtime/index.js";

/** Trainable arrays by name; names and shapes ([out, in] for weights) are those of the reference's state_dict. */
export type Parameters = ReadonlyMap<string, HostTensor & { readonly data: Float32Array }>;

/** The same inside a tensor function. */
export type ParameterTensors = ReadonlyMap<string, Tensor>;

/** How one parameter starts. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** `uniform`: U(-1/sqrt(fanIn), 1/sqrt(fanIn)), PyTorch's default for linear layers. */
  readonly start:
    { readonly kind: "uniform"; readonly fanIn: number } | { readonly kind: "constant"; readonly value: number };
}

/** Columns of a weight that the network uses by themselves; pieces with one `stack` are best stored above one another. */
export interface WeightPiece {
  readonly columns: number;
  readonly stack: string;
}

/** The pieces of some weights by name, from the first column to the last. */
export type WeightPieces = ReadonlyMap<string, readonly WeightPiece[]>;

/** Weight [out, in] and bias [out] of a linear layer. */
export function linearSpecs(
  name: string,
  inDim: number,
  outDim: number,
  options: { bias?: boolean } = {},
): ParameterSpec[] {
  const start = { kind: "uniform", fanIn: inDim } as const;
  const weight: ParameterSpec = { name: `${name}.weight`, shape: [outDim, inDim], start };
  return options.bias === false ? [weight] : [weight, { name: `${name}.bias`, shape: [outDim], start }];
}

/** Gain and bias of a layer normalisation. */
export function layerNormSpecs(name: string, dim: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [dim], start: { kind: "constant", value: 1 } },
    { name: `${name}.bias`, shape: [dim], start: { kind: "constant", value: 0 } },
  ];
}

/** Fresh parameters; the same seed gives the same numbers everywhere. */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): Parameters {
  return new Map(specs.map((spec, index) => [spec.name, { shape: spec.shape, data: startValues(spec, seed, index) }]));
}

/** Throws unless `parameters` has exactly the names and shapes of `specs`; `source` names the file in the message. */
export function assertParameters(parameters: Parameters, specs: readonly ParameterSpec[], source: string): void {
  for (const { name, shape } of specs) {
    const found = parameters.get(name);
    if (!found) throw new Error(`${source}: parameter ${name} is missing (expected shape [${shape.join(", ")}])`);
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i]))
      throw new Error(
        `${source}: parameter ${name} has shape [${found.shape.join(", ")}], expected [${shape.join(", ")}]`,
      );
    const bad = found.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new Error(`${source}: parameter ${name} has the non-finite value ${found.data[bad]} at ${bad}`);
  }
  const known = new Set(specs.map((spec) => spec.name));
  const extra = [...parameters.keys()].filter((name) => !known.has(name));
  if (extra.length > 0) throw new Error(`${source}: unknown parameters ${extra.slice(0, 5).join(", ")}`);
}

/** Input specifications of all parameters, in their order. */
export function parameterInputs(parameters: Parameters): TensorSpec[] {
  return [...parameters.values()].map(({ shape }) => ({ shape }));
}

/** Names the tensors that a program received in the order of `parameters`. */
export function nameTensors(parameters: Parameters, tensors: readonly Tensor[]): ParameterTensors {
  return new Map([...parameters.keys()].map((name, i) => [name, tensors[i]]));
}

/** Number of trainable numbers. */
export function parameterCount(parameters: Parameters): number {
  return [...parameters.values()].reduce((total, { data }) => total + data.length, 0);
}

function startValues({ shape, start }: ParameterSpec, seed: number, index: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (start.kind === "constant") return new Float32Array(size).fill(start.value);
  const bound = 1 / Math.sqrt(start.fanIn);
  return key(seed)
    .fold(index, 0, 0)
    .uniforms(size)
    .map((u) => (2 * u - 1) * bound);
}
