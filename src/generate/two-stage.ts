import type { Crystal } from "../crystal/index.js";
import { matchDos, type Target } from "../dos/index.js";
import type { CompositionOptions, ElementProposal, ElementProposer, PredictsDos, ProposedComposition, ProposeOptions } from "../model/index.js"; // prettier-ignore
import { equalSites, proposeCompositions } from "../model/index.js";
import type { CrystalGenerator } from "./generator.js";
import { pinnedTypes } from "./checks.js";
import type { GenerateOptions, GeneratedCrystal } from "./options.js";

/** What two-stage generation works with. */
export interface TwoStageModels {
  readonly proposer: ElementProposer;
  readonly generator: CrystalGenerator;
  readonly predictor: PredictsDos;
}

/** Settings of both stages: the compositions, and the shapes made for them. */
export interface TwoStageOptions {
  /** Distinct compositions that are tried. Default 8. */
  readonly compositions?: number;
  /** See `ProposeOptions`: whether the amplitudes of the target's site curves are believed. Default false. */
  readonly knownConvention?: ProposeOptions["knownConvention"];
  /** Elements that must all occur, and no other. */
  readonly chemicalSystem?: CompositionOptions["chemicalSystem"];
  /** What else a composition must fulfil, such as charge neutrality. */
  readonly accept?: CompositionOptions["accept"];
  /**
   * How crystals of each composition are made: `count` of each (default 8). Its `elements`, `composition`, `fixTypes` and the types
   * that its `template` keeps constrain what is proposed.
   */
  readonly generate?: GenerateOptions;
}

/** A crystal of a proposed composition, judged. */
export interface RankedCrystal extends GeneratedCrystal {
  readonly composition: ProposedComposition;
  /** Of its predicted DOS to the target: relative L1 of the sites, of the total where the target has no sites. */
  readonly distance: number;
  /** Distance - 0.1 log(probability of its composition); smaller is better. */
  readonly score: number;
}

/** Yielded when the crystals of one more composition are made. */
export interface TwoStageProgress {
  /** What was said of the sites. */
  readonly proposal: ElementProposal;
  /** Likeliest first. */
  readonly compositions: readonly ProposedComposition[];
  /** Compositions whose crystals are made. */
  readonly finished: number;
  /** All crystals so far, best first. */
  readonly ranked: readonly RankedCrystal[];
  /** What a user should know, in sentences. */
  readonly notes: readonly string[];
}

/** Weight of the composition's log probability against the distance of spectra. */
const evidenceWeight = 0.1;

/**
 * Proposes compositions first, then shapes: the proposer says which elements each site may be, the denoiser places the atoms of the
 * likeliest compositions, each in its likeliest arrangement, and crystals are ranked by the distance of their predicted spectra
 * less a tenth of the composition's log probability. Yields after every composition; the last value is the whole answer.
 *
 * @throws Error when the target tells nothing, or the options contradict each other
 */
export async function* proposeThenPlace(
  { proposer, generator, predictor }: TwoStageModels,
  target: Target,
  options: TwoStageOptions = {},
): AsyncGenerator<TwoStageProgress, void> {
  const { generate = {}, compositions: count = 8, knownConvention } = options;
  const proposal = await proposer.propose(target, {
    ...(knownConvention !== undefined && { knownConvention }),
    ...(generate.numAtoms !== undefined && { numAtoms: generate.numAtoms }),
  });
  const { compositions, notes } = proposeCompositions(proposal.sites, {
    count,
    // Equal sites share their element.
    ...(target.siteDos && { groups: equalSites(target.siteDos, target.siteMask) }),
    fixed: pinnedTypes(generate),
    ...allowedBy(options, generator),
  });
  let ranked: RankedCrystal[] = [];
  for (const [i, composition] of compositions.entries()) {
    const crystals = await generator.generate(target, { ...generate, ...placing(composition, proposal.sites.length) });
    ranked = [...ranked, ...(await judged(predictor, target, composition, crystals))].sort((a, b) => a.score - b.score);
    yield { proposal, compositions, finished: i + 1, ranked, notes: [...proposal.notes, ...notes] };
  }
}

/** The denoiser's options for one composition: every site's element is fixed. */
function placing({ atomicNumbers }: ProposedComposition, numAtoms: number): GenerateOptions {
  const fixTypes = new Map(atomicNumbers.map((z, site) => [site, z] as const));
  return { numAtoms, fixTypes, elements: [...new Set(atomicNumbers)], composition: undefined };
}

function allowedBy(
  { generate = {}, chemicalSystem, accept }: TwoStageOptions,
  { model }: CrystalGenerator,
): CompositionOptions {
  const { elements, composition } = generate;
  // What the denoiser never saw it cannot place, unless it is asked for.
  const known = model.elements.length > 0 ? model.elements : undefined;
  const allowed = elements ?? (chemicalSystem || composition ? undefined : known);
  return {
    ...(allowed && { elements: allowed }),
    ...(composition && { composition }),
    ...(chemicalSystem && { chemicalSystem }),
    ...(accept && { accept }),
  };
}

async function judged(
  predictor: PredictsDos,
  target: Target,
  composition: ProposedComposition,
  crystals: readonly GeneratedCrystal[],
): Promise<RankedCrystal[]> {
  const spectra = await predictor.predict(crystals.map(({ crystal }): Crystal => crystal));
  return crystals.map((made, i) => {
    const { total } = spectra[i];
    const { values } = matchDos({ siteDos: spectra[i], ...(total && { totalDos: total }) }, target);
    const distance = values.site_relative_l1 ?? values.total_relative_l1 ?? Infinity;
    return { ...made, composition, distance, score: distance - evidenceWeight * Math.log(composition.probability) };
  });
}
