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
   * What of the lattice diffuses. `matrix`: its 3 x 3 matrix, and the head mixes the noisy rows into their noise (the
   * reference). `metric`: half the logarithm of its metric tensor, six numbers that no rotation changes (the
   * representation of DiffCSP++, Jiao et al., arXiv:2402.03992); its head predicts sqrt(ab) eps - sqrt(1-ab) x0
   * (Salimans & Ho, arXiv:2202.00512), well conditioned at every noise level.
   */
  readonly latticeSpace: "matrix" | "metric";
  /** `matrix`: Angstrom per unit (1 in the reference); `metric`: logarithmic strain per unit. */
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
  latticeSpace: "matrix",
  latticeScale: 1,
  elementDescriptors: false,
};
