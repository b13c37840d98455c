/**
 * How the condition enters: `linear` is the reference's single linear layer on the standardised site DOS; `masked` is
 * ours, trained with site masks, energy windows and the total DOS alone, so that partial targets are not improvised.
 */
export type EncoderKind = "linear" | "masked";

/** Everything that fixes the shapes and the mathematics of a denoiser (CSPNet; DOSMatGen, arXiv:2504.06249). */
export interface DenoiserConfig {
  readonly hiddenDim: number;
  readonly layerCount: number;
  /** Fourier frequencies 0..K-1 per axis of the fractional differences. */
  readonly frequencyCount: number;
  readonly timeDim: number;
  /** Number of type classes; class = Z - 1. */
  readonly classCount: number;
  /** Energy points of the condition and of the DOS head. */
  readonly dosPoints: number;
  readonly timesteps: number;
  readonly encoder: EncoderKind;
  /**
   * `noise`: the type head is the noise itself (the reference). `element`: it is the logits of the clean element, turned
   * into noise analytically; learns from far fewer crystals because it is a classification.
   */
  readonly typeOutput: "noise" | "element";
  /**
   * `noise`: the lattice head is the noise (the reference). `velocity`: it is sqrt(ab) eps - sqrt(1-ab) L0 (Salimans &
   * Ho, arXiv:2202.00512), which stays well conditioned where alpha_bar is tiny.
   */
  readonly latticeOutput: "noise" | "velocity";
  /** Angstrom that count as one unit of the lattice's noise; 1 in the reference. */
  readonly latticeScale: number;
  /** Whether type vectors also enter, and leave, through the periodic table's descriptors; false in the reference. */
  readonly elementDescriptors: boolean;
}

/** Full size of the published model. */
export const referenceConfig: DenoiserConfig = {
  hiddenDim: 512,
  layerCount: 6,
  frequencyCount: 128,
  timeDim: 256,
  classCount: 100,
  dosPoints: 400,
  timesteps: 1000,
  encoder: "linear",
  typeOutput: "noise",
  latticeOutput: "noise",
  latticeScale: 1,
  elementDescriptors: false,
};
