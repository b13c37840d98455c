import { z } from "zod";
import type { ParameterSpec } from "../model/index.js";
import { layerNormSpecs, linearSpecs } from "../model/parameters.js";

/** Sizes of a CHGNet (Deng et al., Nat. Mach. Intell. 5 (2023) 1031). */
export interface EnergyConfig {
  readonly kind: "chgnet";
  /** Length of the feature vectors of atoms, bonds and angles. */
  readonly featureDim: number;
  /** Bessel functions of a bond's length. */
  readonly radialCount: number;
  /** A constant, sines and cosines of an angle; odd. */
  readonly angularCount: number;
  /** Interaction blocks; the last one has an atom convolution only. */
  readonly layerCount: number;
  /** Widths of the hidden layers that read an atom's energy out. */
  readonly readoutDims: readonly number[];
  /** Atoms nearer than this are bonded, Angstrom. */
  readonly atomCutoff: number;
  /** Bonds shorter than this make angles, Angstrom. */
  readonly bondCutoff: number;
  /** p of the smooth cutoff 1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2). */
  readonly cutoffExponent: number;
  /** Elements 1 to this are known. */
  readonly elementCount: number;
}

export const energyConfigSchema = z.object({
  kind: z.literal("chgnet"),
  featureDim: z.int().positive(),
  radialCount: z.int().positive(),
  angularCount: z
    .int()
    .positive()
    .refine((n) => n % 2 === 1, "expected an odd number"),
  layerCount: z.int().min(2),
  readoutDims: z.array(z.int().positive()).min(1),
  atomCutoff: z.number().positive(),
  bondCutoff: z.number().positive(),
  cutoffExponent: z.int().positive(),
  elementCount: z.int().min(1).max(118),
}) satisfies z.ZodType<EnergyConfig>;

/** Names and shapes of all weights: those of the package's state_dict. */
export function energySpecs(config: EnergyConfig): ParameterSpec[] {
  const { featureDim: F, radialCount, angularCount, layerCount, readoutDims, elementCount } = config;
  const order = (angularCount - 1) / 2;
  const widths = [F, ...readoutDims];
  return [
    values("composition_model.fc.weight", [1, elementCount]),
    values("atom_embedding.embedding.weight", [elementCount, F]),
    values("bond_basis_expansion.rbf_expansion_ag.frequencies", [radialCount]),
    values("bond_basis_expansion.rbf_expansion_bg.frequencies", [radialCount]),
    values("angle_basis_expansion.fourier_expansion.frequencies", [order]),
    ...["bond_embedding", "bond_weights_ag", "bond_weights_bg"].flatMap((name) =>
      linearSpecs(name, radialCount, F, { bias: false }),
    ),
    ...linearSpecs("angle_embedding", angularCount, F, { bias: false }),
    ...blocks(layerCount, (l) => convolutionSpecs(`atom_conv_layers.${l}`, "twoBody_atom", 3 * F, F)),
    ...blocks(layerCount - 1, (l) => convolutionSpecs(`bond_conv_layers.${l}`, "twoBody_bond", 4 * F, F)),
    ...blocks(layerCount - 1, (l) => gatedSpecs(`angle_layers.${l}.twoBody_bond`, [[1, 4 * F, F]], F)),
    ...linearSpecs("site_wise", F, 1),
    ...layerNormSpecs("readout_norm", F),
    ...readoutDims.flatMap((width, k) => linearSpecs(`mlp.layers.${2 * k}`, widths[k], width)),
    ...linearSpecs(`mlp.layers.${lastReadoutLayer(config)}`, widths[widths.length - 1], 1),
  ];
}

/** Each hidden layer is followed by its activation, the last of them by a dropout too. */
export const lastReadoutLayer = ({ readoutDims }: EnergyConfig): number => 2 * readoutDims.length + 1;

const blocks = (count: number, specs: (layer: number) => ParameterSpec[]): ParameterSpec[] =>
  Array.from({ length: count }, (_, layer) => specs(layer)).flat();

function convolutionSpecs(name: string, gated: string, inDim: number, F: number): ParameterSpec[] {
  const layers = [[0, inDim, F] as const, [3, F, F] as const];
  return [
    ...gatedSpecs(`${name}.${gated}`, layers, F),
    ...linearSpecs(`${name}.mlp_out.layers.1`, F, F, { bias: false }),
  ];
}

function gatedSpecs(name: string, layers: readonly (readonly [number, number, number])[], F: number): ParameterSpec[] {
  return [
    ...["mlp_core", "mlp_gate"].flatMap((branch) =>
      layers.flatMap(([index, inDim, outDim]) => linearSpecs(`${name}.${branch}.layers.${index}`, inDim, outDim)),
    ),
    ...["bn1", "bn2"].flatMap((norm) => layerNormSpecs(`${name}.${norm}`, F)),
  ];
}

const values = (name: string, shape: readonly number[]): ParameterSpec => ({
  name,
  shape,
  start: { kind: "constant", value: 0 },
});
