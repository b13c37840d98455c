import type { Crystal } from "../crystal/index.js";
import type {
  BlockShape,
  Constraint,
  FastSamplerOptions,
  NoiseSource,
  Sampler,
  SamplerStep,
} from "../diffusion/index.js";
import type { DenoiserModel } from "../model/index.js";

/** Which parts of a template crystal stay. `true`: every site; a list: these sites (0-based). */
export interface TemplateKeep {
  readonly lattice?: boolean;
  readonly coords?: true | readonly number[];
  readonly types?: true | readonly number[];
}

/** A sampler of `samplers`. */
export type SamplerName = "fast" | "predictor-corrector" | (string & {});

/** Settings of the fast sampler; predictor-corrector takes none of them. */
type FastSettings = Pick<FastSamplerOptions, "steps" | "eta" | "coordEta" | "order" | "spacing">;

/**
 * Settings of a generation run. Only `seed` and the settings here decide the crystals, not how many are made at once: an
 * eager engine gives the same bits for every batch size, a compiled one the same to float32 rounding (about 1e-5).
 */
export interface GenerateOptions extends FastSettings {
  /** Crystals to make. Default 8. */
  readonly count?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Index of the first crystal's random stream; a resumed run continues here. Default 0. */
  readonly firstIndex?: number;
  /** w in (1 + w) eps_cond - w eps_uncond. Default 1. */
  readonly guidanceWeight?: number;
  /** Share of the time axis [from, to], 0 clean to 1 noise, where the weight acts. */
  readonly guidanceInterval?: readonly [number, number];
  /** Atoms in the cell, where the target has no sites. */
  readonly numAtoms?: number;
  /** Allowed atomic numbers; by default those that the model was trained on. */
  readonly elements?: readonly number[];
  /** Exact composition: atomic number -> number of atoms in the cell. */
  readonly composition?: ReadonlyMap<number, number>;
  /** Site (0-based) -> atomic number that it must have. */
  readonly fixTypes?: ReadonlyMap<number, number>;
  readonly template?: { readonly crystal: Crystal; readonly keep: TemplateKeep };
  /** Start from this crystal, noised, instead of from pure noise. */
  readonly initStructure?: Crystal;
  /** How far `initStructure` is noised: 0 (not at all, excluded) to 1 (forgotten). Default 0.5. */
  readonly initNoise?: number;
  /**
   * One of `samplers` by name, or a sampler of your own. `fast`, the default: strided, one evaluation a step;
   * `predictor-corrector`: the reference's, two evaluations at every t.
   */
  readonly sampler?: SamplerName | Sampler;
  /** Constraints of your own, beside those of the other options; applied after them, in order. */
  readonly constraints?: readonly ConstraintMaker[];
  /** Step size of the predictor-corrector sampler's corrector. Default 1e-5. */
  readonly correctorStepSize?: number;
  /** Crystals of one compiled block. Default 8. */
  readonly batchSize?: number;
  /** Also yield the unfinished crystals as they stand at every so many sampler steps, to watch the noise leave them. */
  readonly frameEvery?: number;
}

/** What a constraint is made for: a block of crystals of a model, and the block's noise. */
export interface ConstraintContext {
  readonly model: DenoiserModel;
  readonly shape: BlockShape;
  readonly noise: NoiseSource;
}

/** Makes what a run's options ask of one kind of constraint. */
export type ConstraintMaker = (options: GenerateOptions, context: ConstraintContext) => readonly Constraint[];

/** A finished crystal and the stream index that makes it again. */
export interface GeneratedCrystal {
  readonly index: number;
  /** In the canonical frame. */
  readonly crystal: Crystal;
}

/** Yielded after every sampler step; `crystals` is filled when a block is finished. */
export interface GenerationProgress {
  /** Crystals finished so far, `crystals` included. */
  readonly finished: number;
  readonly count: number;
  /** The running block's step: time index that it left, and its noise (see `SamplerStep`); absent where a block is finished. */
  readonly level?: Pick<SamplerStep, "t" | "sigma" | "alphaBar">;
  /** Share of the whole run that is done, 0..1. */
  readonly fraction: number;
  readonly crystals: readonly GeneratedCrystal[];
  /**
   * With `frameEvery`: the crystals of the running block as they stand, at its first step, then every so many steps, and
   * finished at its end. Nothing keeps them but the caller.
   */
  readonly frame?: readonly GeneratedCrystal[];
  /** With `frameEvery`: the clean crystals as the model sees them behind the noise of `frame`; where finished, the same. */
  readonly denoised?: readonly GeneratedCrystal[];
}
