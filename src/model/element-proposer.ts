import type { Target } from "../dos/index.js";
import { energies, meanOfSites, standardGrid } from "../dos/index.js";
import { Disposal } from "../base/disposed.js";
import { concatenate } from "../data/index.js";
import type { Engine, Program } from "../runtime/index.js";
import type { ProposerModel } from "./checkpoint.js";
import { proposerFeatureCount, proposerFeatures, type SiteEvidence } from "./element-proposer-features.js";
import { conventions, proposerProbabilities, type Convention } from "./element-proposer-network.js";
import { nameTensors } from "./parameters.js";

/** Sites of one run of the compiled program; the last block is filled up. */
const blockSize = 64;

/** What a proposer says of a target's sites. */
export interface ElementProposal {
  /** [N] by site: probabilities of elements, likeliest first, of those that the proposer was trained on; they sum to 1. */
  readonly sites: readonly (readonly ElementProbability[])[];
  /** What a user should know, in sentences. */
  readonly notes: readonly string[];
}

/** An element and how likely it is at a site. */
export interface ElementProbability {
  readonly atomicNumber: number;
  readonly probability: number;
}

/** What is known of a target beyond its spectra. */
export interface ProposeOptions {
  /**
   * Whether the site curves are projected as the proposer's training data are (records of the data set, GPAW's PAW spheres): then
   * their amplitudes are believed. Default false: spectra of other programs.
   */
  readonly knownConvention?: boolean;
  /** Atoms in the cell, where the target has no sites. */
  readonly numAtoms?: number;
}

/** An element proposer on an engine. */
export interface ElementProposer {
  readonly model: ProposerModel;
  /** @throws Error when nothing in the target tells elements, or its size is not known */
  propose(target: Target, options?: ProposeOptions): Promise<ElementProposal>;
  /** [B][C] probabilities of sites, class = Z - 1, at a temperature (the calibrated one if absent). */
  probabilities(evidence: readonly SiteEvidence[], temperature?: number): Promise<Float32Array[]>;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** Prepares a proposer; its program is compiled at the first question. */
export function elementProposer(engine: Engine, model: ProposerModel): ElementProposer {
  const programs = new Map<Convention, Promise<Program>>();
  const disposal = new Disposal("element proposer");
  const programOf = (convention: Convention): Promise<Program> => {
    const program = programs.get(convention) ?? engine.compile(source(model, convention));
    programs.set(convention, program);
    return program;
  };
  const run = async (
    evidence: readonly SiteEvidence[],
    convention: Convention,
    temperature: number,
  ): Promise<Float32Array[]> => {
    const filled = Array.from({ length: blockSize }, (_, i) => evidence[Math.min(i, evidence.length - 1)]);
    const features = concatenate(filled.map((site) => proposerFeatures(model.config, site)));
    const program = await programOf(convention);
    const [values] = (await program.run([features, Float32Array.of(temperature)])) as Float32Array[];
    const C = model.config.classCount;
    return evidence.map((_, i) => amongKnown(values.slice(i * C, (i + 1) * C), model.elements));
  };
  const probabilities: ElementProposer["probabilities"] = async (evidence, temperature) => {
    disposal.check();
    const out: Float32Array[] = [];
    for (const convention of conventions) {
      const wanted = convention === "known";
      const indices = evidence.flatMap(({ knownConvention }, i) => (knownConvention === wanted ? [i] : []));
      for (let at = 0; at < indices.length; at += blockSize) {
        const block = indices.slice(at, at + blockSize);
        const sites = block.map((i) => evidence[i]);
        const made = await run(sites, convention, temperature ?? model.config.temperatures[convention]);
        block.forEach((i, k) => (out[i] = made[k]));
      }
    }
    return out;
  };
  const dispose = (): void => {
    if (!disposal.end()) return;
    for (const program of programs.values())
      void program.then(
        (p) => p.dispose(),
        () => undefined,
      );
  };
  return {
    model,
    probabilities,
    async propose(target, options = {}) {
      const { evidence, notes } = targetEvidence(target, options);
      const found = await probabilities(evidence);
      return { sites: found.map(ranked), notes };
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/**
 * What a target shows of each of its sites. Curves without a state within the window are taken as not known.
 * @throws Error when no spectrum has a state, or the number of atoms is not known
 */
export function targetEvidence(
  target: Target,
  { knownConvention = false, numAtoms }: ProposeOptions = {},
): { readonly evidence: SiteEvidence[]; readonly notes: string[] } {
  const { label, siteDos, totalDos, siteMask, energyWindow } = target;
  const atoms = siteDos?.siteCount ?? numAtoms ?? target.atomCount;
  if (atoms === undefined)
    throw new Error(`target "${label}": it has no sites; say how many atoms the cell has (numAtoms)`);
  const [from, to] = energyWindow ?? [-Infinity, Infinity];
  const energyMask = Float32Array.from(energies(standardGrid), (e) => (e >= from && e <= to ? 1 : 0));
  const hasStates = (values: Float32Array): boolean => values.some((value, e) => energyMask[e] * value > 0);
  const curve = (site: number): Float32Array | undefined =>
    siteDos?.values.subarray(site * standardGrid.count, (site + 1) * standardGrid.count);
  const asked = Array.from({ length: atoms }, (_, site) => siteMask?.[site] ?? siteDos !== undefined);
  const known = asked.map((wanted, site) => wanted && hasStates(curve(site)!));
  const total = totalDos && hasStates(totalDos.values) ? totalDos.values.map((value) => value / (target.atomCount ?? atoms)) : undefined; // prettier-ignore
  if (!total && !known.some(Boolean))
    throw new Error(
      `target "${label}": all its spectra are zero${energyWindow ? ` from ${from} to ${to} eV` : ""}: nothing tells elements`,
    );
  const context = total ?? meanOfSites(siteDos!, known).values;
  const evidence = known.map((has, site) => ({
    ...(has && { site: curve(site)! }),
    context,
    hasTotal: total !== undefined,
    energyMask,
    knownConvention,
  }));
  const empty = asked.flatMap((wanted, site) => (wanted && !known[site] ? [site] : []));
  const notes = empty.length > 0 ? [`the spectrum of site ${empty.join(", ")} is zero: its element is told from the others`] : []; // prettier-ignore
  return { evidence, notes };
}

/** Probabilities of the elements of the training data only. */
function amongKnown(values: Float32Array, elements: readonly number[]): Float32Array {
  if (elements.length === 0) return values;
  const known = new Float32Array(values.length);
  const sum = elements.reduce((total, z) => total + (values[z - 1] ?? 0), 0);
  for (const z of elements) if (z <= values.length) known[z - 1] = values[z - 1] / sum;
  return known;
}

function ranked(probabilities: Float32Array): ElementProbability[] {
  return Array.from(probabilities, (probability, c) => ({ atomicNumber: c + 1, probability }))
    .filter(({ probability }) => probability > 0)
    .sort((a, b) => b.probability - a.probability);
}

function source(model: ProposerModel, convention: Convention): Parameters<Engine["compile"]>[0] {
  return {
    name: `element proposer (${convention} convention), ${blockSize} sites`,
    inputs: [{ shape: [blockSize, proposerFeatureCount(model.config)] }, { shape: [1] }],
    constants: [...model.parameters.values()],
    fn: (features, temperature, ...weights) => [
      proposerProbabilities(nameTensors(model.parameters, weights), { ...model, convention }, features, temperature),
    ],
  };
}
