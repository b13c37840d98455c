import type { SiteEvidence } from "../model/index.js";
import type { Key } from "../runtime/index.js";

/** One inequivalent site of a training record; curves in states/eV/atom on the standard grid. */
export interface ProposerExample {
  readonly atomicNumber: number;
  /** [E] inside the atom's sphere. */
  readonly site: Float32Array;
  /** [E] of an exact partition; absent where the record has none. */
  readonly partition?: Float32Array;
  /** [E] the cell's total over its atoms, or the mean of its sites where there is no partition. */
  readonly context: Float32Array;
}

/** A site as it is, projected as the training data are. */
export function plainEvidence({ site, partition, context }: ProposerExample): SiteEvidence {
  const energyMask = new Float32Array(site.length).fill(1);
  return { site, context, hasTotal: partition !== undefined, energyMask, knownConvention: true };
}

/**
 * A site as training shows it: as the data have it, or as another program might project it. Either way its curve or its total may
 * be missing, and the states known within a window only.
 */
export function variedEvidence(example: ProposerExample, knownConvention: boolean, random: Key): SiteEvidence {
  const [hide, narrow, width, from] = random.uniforms(4);
  const whole = knownConvention ? plainEvidence(example) : foreignEvidence(example, random.fold("foreign"));
  const { site, context, ...rest } = whole;
  const energyMask =
    narrow < 0.06
      ? whole.energyMask.map((on, e) => on * insideWindow(e / whole.energyMask.length, width, from))
      : whole.energyMask;
  if (hide < 0.04) return { ...rest, context, energyMask };
  if (hide < 0.08) return { ...rest, site, hasTotal: false, energyMask };
  return { ...whole, energyMask };
}

/**
 * A site as another program might project it: anything between the sphere and the partition, another amplitude, which also
 * changes with energy, another zero, and an end of its bands.
 */
export function foreignEvidence({ site, partition, context }: ProposerExample, random: Key): SiteEvidence {
  const E = site.length;
  const [mix, cut, cutAt, shift] = random.fold("uniform").uniforms(4);
  const [amplitude, tilt, total] = random.fold("normal").normals(3);
  const moved = Math.floor(9 * shift) - 4;
  const middle = (E - 1) / 2;
  const at = (values: Float32Array, e: number): number => values[Math.min(E - 1, Math.max(0, e - moved))];
  const factor = (e: number): number =>
    Math.exp(0.5 * amplitude) * Math.min(2, Math.max(0.2, 1 + (0.3 * tilt * (e - middle)) / middle));
  const mixed = (e: number): number => (partition ? (1 - mix) * at(site, e) + mix * at(partition, e) : at(site, e));
  const end = cut < 0.4 ? middle * (1.4 + 0.6 * cutAt) : Infinity;
  const indices = Float32Array.from({ length: E }, (_, e) => e);
  return {
    site: indices.map((e) => factor(e) * mixed(e)),
    context: indices.map((e) => Math.max(0, 1 + 0.1 * total) * at(context, e)),
    hasTotal: partition !== undefined,
    energyMask: indices.map((e) => (e < end ? 1 : 0)),
    knownConvention: false,
  };
}

/** 1 inside a random window at least three tenths of the grid wide; `at`, `width` and `from` are shares. */
function insideWindow(at: number, width: number, from: number): number {
  const wide = 0.3 + 0.7 * width;
  const start = from * (1 - wide);
  return at >= start && at <= start + wide ? 1 : 0;
}
