import { latticeFromParameters } from "../../src/crystal/index.js";
import { cosineSchedule, wrappedNormalScore } from "../../src/diffusion/index.js";
import { timeEmbedding } from "../../src/model/index.js";
import type { ReferenceFile, ReferenceSchedule } from "./file.js";
import { assertLength, assertShape } from "./file.js";
import {
  compare,
  judge,
  largest,
  missingEntries,
  notInFile,
  relativeError,
  type ReferenceRow,
  tolerances,
} from "./rows.js";

const host = "host";

/** Everything that needs no network: schedules, the wrapped normal's score, lattices and time embeddings. */
export function hostChecks(file: ReferenceFile): ReferenceRow[] {
  return [
    ...scheduleChecks(file),
    ...usedLambdaChecks(file),
    ...wrappedNormalChecks(file),
    ...latticeChecks(file),
    ...timeEmbeddingChecks(file),
  ];
}

function scheduleChecks(file: ReferenceFile): ReferenceRow[] {
  if (file.schedules.size === 0) return [notInFile("schedule_T...", host)];
  return [...file.schedules].flatMap(([timesteps, entry]) => oneSchedule(file, timesteps, entry));
}

function oneSchedule(file: ReferenceFile, timesteps: number, entry: ReferenceSchedule): ReferenceRow[] {
  const { sigma_begin: sigmaBegin, sigma_end: sigmaEnd } = file.content.config ?? {};
  const schedule = cosineSchedule(timesteps, { sigmaBegin, sigmaEnd });
  const ours = {
    betas: schedule.betas,
    alphas: schedule.alphas,
    alphas_cumprod: schedule.alphasCumprod,
    sigmas: schedule.sigmas,
    sigma_x: schedule.coordSigmas,
    sigma_x_norm_monte_carlo_1e4: schedule.scoreNorms,
  };
  return Object.entries(ours).map(([name, values]) => {
    const quantity = `schedule_T${timesteps}.${name}`;
    const given = entry[name as keyof typeof ours];
    if (given === undefined) return notInFile(quantity, host);
    const { index, expected } = scheduleEntries(file, quantity, timesteps, entry.index, given);
    const found = index.map((t) => values[t]);
    if (!name.includes("monte_carlo")) return compare(quantity, host, found, expected, tolerances.forward);
    return compareEach(quantity, found, expected);
  });
}

/** The lambda that the reference's losses and trajectories were computed with. */
function usedLambdaChecks(file: ReferenceFile): ReferenceRow[] {
  const quantity = "sigma_x_norm_used";
  const { config, sigma_x_norm_used: used } = file.content;
  if (!config || !used) return [notInFile(quantity, host, missingEntries({ config, sigma_x_norm_used: used }))];
  assertShape(file, quantity, used, [config.timesteps + 1]);
  const { sigma_begin: sigmaBegin, sigma_end: sigmaEnd } = config;
  return [compareEach(quantity, cosineSchedule(config.timesteps, { sigmaBegin, sigmaEnd }).scoreNorms, used.data)];
}

/** Monte-Carlo estimates are compared relative to each value. */
function compareEach(quantity: string, found: ArrayLike<number>, expected: readonly number[]): ReferenceRow {
  const errors = expected.map((value, i) => relativeError([found[i]], [value]));
  return judge(quantity, host, largest(errors), tolerances.monteCarlo);
}

/** Indices and values of a schedule's array, which is whole ({shape, data}) or sampled at `index`. */
function scheduleEntries(
  file: ReferenceFile,
  quantity: string,
  timesteps: number,
  index: readonly number[] | undefined,
  given: readonly number[] | { readonly data: readonly number[] },
): { index: readonly number[]; expected: readonly number[] } {
  const expected = "data" in given ? given.data : given;
  const sampled = "data" in given || !index ? Array.from({ length: timesteps + 1 }, (_, t) => t) : index;
  assertLength(file, quantity, expected, sampled.length);
  const beyond = sampled.find((t) => t > timesteps);
  if (beyond !== undefined)
    throw new Error(
      `${file.fileName}: entry schedule_T${timesteps}.index: expected at most ${timesteps}, found ${beyond}`,
    );
  return { index: sampled, expected };
}

/** Relative to the largest value of each sigma; where the reference is not finite, ours still must be. */
function wrappedNormalChecks(file: ReferenceFile): ReferenceRow[] {
  const quantity = "d_log_p_wrapped_normal_float64";
  const { x, sigma, "value[sigma][x]": values } = file.content[quantity] ?? {};
  if (!x || !sigma || !values)
    return [
      notInFile(quantity, host, file.content[quantity] && missingEntries({ x, sigma, "value[sigma][x]": values })),
    ];
  assertLength(file, `${quantity}.value[sigma][x]`, values, sigma.length);
  return sigma.map((s, k) => {
    assertLength(file, `${quantity}.value[sigma][x].${k}`, values[k], x.length);
    const found = x.map((position) => wrappedNormalScore(position, s));
    const known = values[k].flatMap((value, i) => (value === null ? [] : [{ value, found: found[i] }]));
    const error = relativeError(
      known.map((entry) => entry.found),
      known.map((entry) => entry.value),
    );
    return judge(
      `${quantity}, sigma ${Number(s.toPrecision(6))}`,
      host,
      found.every(Number.isFinite) ? error : NaN,
      tolerances.forward,
    );
  });
}

function latticeChecks(file: ReferenceFile): ReferenceRow[] {
  const quantity = "lattice_from_parameters";
  const { lengths, angles_deg: angles, matrix_rows_are_vectors: expected } = file.content[quantity] ?? {};
  if (!lengths || !angles || !expected)
    return [
      notInFile(
        quantity,
        host,
        file.content[quantity] && missingEntries({ lengths, angles_deg: angles, matrix_rows_are_vectors: expected }),
      ),
    ];
  assertLength(file, `${quantity}.angles_deg`, angles, lengths.length);
  assertLength(file, `${quantity}.matrix_rows_are_vectors`, expected, lengths.length);
  const found = lengths.map((row, i) =>
    latticeFromParameters(row as [number, number, number], angles[i] as [number, number, number]),
  );
  return [compare(quantity, host, found.flat(2), expected.flat(2), tolerances.forward)];
}

function timeEmbeddingChecks(file: ReferenceFile): ReferenceRow[] {
  if (file.timeEmbeddings.size === 0) return [notInFile("time_embedding_dim...", host)];
  return [...file.timeEmbeddings].map(([dim, { t, value }]) => {
    const quantity = `time_embedding_dim${dim}`;
    if (!t || !value) return notInFile(quantity, host, missingEntries({ t, value }));
    assertLength(file, `${quantity}.value`, value, t.length);
    value.forEach((row, i) => assertLength(file, `${quantity}.value.${i}`, row, dim));
    return compare(quantity, host, timeEmbedding(t, dim), value.flat(), tolerances.forward);
  });
}
