import { z } from "zod";

/** An array of the file, row-major. */
export interface ReferenceArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const array = z
  .object({ shape: z.array(z.int().nonnegative()), data: z.array(z.number()) })
  .refine(
    ({ shape, data }) => data.length === shape.reduce((a, b) => a * b, 1),
    "the shape does not fit the number of values",
  );
const counts = z.array(z.int().positive());
const atomicNumbers = z.array(z.int().min(1).max(118));
const rows3 = z.array(z.array(z.number()).length(3));

/** A schedule entry: the whole array, or values at the indices that `index` lists. */
const levels = z.union([array, z.array(z.number())]).optional();
const schedule = z.object({
  index: z.array(z.int().nonnegative()).optional(),
  betas: levels,
  alphas: levels,
  alphas_cumprod: levels,
  sigmas: levels,
  sigma_x: levels,
  sigma_x_norm_monte_carlo_1e4: levels,
});

const config = z.object({
  hidden_dim: z.int().positive(),
  num_layers: z.int().positive(),
  num_freqs: z.int().positive(),
  time_dim: z.int().positive(),
  pred_dim: z.int().positive(),
  max_atoms: z.int().positive(),
  timesteps: z.int().positive(),
  ln: z.literal(true).optional(),
  ip: z.literal(true).optional(),
  smooth: z.literal(true).optional(),
  beta: z.literal("cosine").optional(),
  sigma_begin: z.number().positive().default(0.005),
  sigma_end: z.number().positive().default(0.5),
  cost_type: z.number().default(20),
  cost_coord: z.number().default(1),
  cost_lattice: z.number().default(1),
});

const prediction = z
  .object({
    eps_x: array.optional(),
    eps_lattice: array.optional(),
    eps_type: array.optional(),
    node: array.optional(),
  })
  .optional();

const denoiser = z.object({
  num_atoms: counts.optional(),
  t: counts.optional(),
  atom_type: array.optional(),
  frac_coords: array.optional(),
  lattice: array.optional(),
  y: array.optional(),
  mask: array.optional(),
  conditional: prediction,
  unconditional: prediction,
  masked: prediction,
});

/** Clean crystals. */
const crystals = z.object({
  num_atoms: counts.optional(),
  atomic_number: atomicNumbers.optional(),
  frac_coords: array.optional(),
  lengths: array.optional(),
  angles_deg: array.optional(),
  y: array.optional(),
});

const trainingLoss = crystals.extend({
  t: counts.optional(),
  noise_lattice: array.optional(),
  noise_x: array.optional(),
  noise_type: array.optional(),
  sigma_x_norm_used: array.optional(),
  loss: z.number().optional(),
  loss_lattice: z.number().optional(),
  loss_coord: z.number().optional(),
  loss_type: z.number().optional(),
  /** null where the reference has no gradient. */
  grad: z.record(z.string(), array.nullable()).optional(),
});

const adam = z.object({
  lr: z.number().positive().default(1e-3),
  betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
  clip_value: z.number().positive().default(0.5),
  sigma_x_norm_used: array.optional(),
  loss_before_each_step: z.array(z.number()).optional(),
  after: z.record(z.string(), array).optional(),
});

const sample = z.object({
  num_atoms: counts.optional(),
  y: array.optional(),
  mask: array.optional(),
  w: z.number().optional(),
  step_lr: z.number().positive().optional(),
  sigma_x_norm_used: array.optional(),
  initial_lattice: array.optional(),
  initial_frac_coords: array.optional(),
  initial_type: array.optional(),
  noise: z
    .array(
      z.object({
        t: z.int().positive(),
        corrector_x: array,
        predictor_x: array,
        predictor_lattice: array,
        predictor_type: array,
      }),
    )
    .optional(),
  frac_coords_by_step: array.optional(),
  lattice_by_step: array.optional(),
  final_atomic_number: atomicNumbers.optional(),
});

const content = z.looseObject({
  config: config.optional(),
  state_dict: z.record(z.string(), array).optional(),
  d_log_p_wrapped_normal_float64: z
    .object({
      x: z.array(z.number()).optional(),
      sigma: z.array(z.number().positive()).optional(),
      "value[sigma][x]": z.array(z.array(z.number().nullable())).optional(),
    })
    .optional(),
  lattice_from_parameters: z
    .object({
      lengths: rows3.optional(),
      angles_deg: rows3.optional(),
      matrix_rows_are_vectors: z.array(rows3.length(3)).optional(),
    })
    .optional(),
  denoiser: denoiser.optional(),
  dos_prediction: crystals.extend({ node: array.optional(), l1_loss_against_y: z.number().optional() }).optional(),
  training_loss: trainingLoss.optional(),
  adam_three_steps: adam.optional(),
  cfg_sample: sample.optional(),
  masked_cfg_sample: sample.optional(),
  sigma_x_norm_used: array.optional(),
});

export type ReferenceSchedule = z.infer<typeof schedule>;
export type ReferenceConfig = z.infer<typeof config>;
export type ReferenceCrystals = z.infer<typeof crystals>;
export type ReferenceSample = z.infer<typeof sample>;

/** A file of numbers computed with the reference implementation. Every entry may be missing. */
export interface ReferenceFile {
  readonly fileName: string;
  readonly content: z.infer<typeof content>;
  /** By number of time steps: the keys schedule_T20, schedule_T1000, ... */
  readonly schedules: ReadonlyMap<number, ReferenceSchedule>;
  /** By dimension: the keys time_embedding_dim16, ... */
  readonly timeEmbeddings: ReadonlyMap<number, z.infer<typeof embedding>>;
}

const embedding = z.object({ t: z.array(z.number()).optional(), value: z.array(z.array(z.number())).optional() });

/**
 * Reads a file of the form of dosmatgen-reference.json.
 * @throws Error naming the file, the entry, what was expected and what was found
 */
export function parseReferenceFile(text: string, fileName: string): ReferenceFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${fileName}: not a JSON file: ${(cause as Error).message}`, { cause });
  }
  const parsed = parse(content, json, fileName, []);
  return {
    fileName,
    content: parsed,
    schedules: numbered(parsed, /^schedule_T(\d+)$/, schedule, fileName),
    timeEmbeddings: numbered(parsed, /^time_embedding_dim(\d+)$/, embedding, fileName),
  };
}

function numbered<T>(
  entries: Record<string, unknown>,
  pattern: RegExp,
  schema: z.ZodType<T>,
  fileName: string,
): Map<number, T> {
  const matches = Object.entries(entries).flatMap(([key, value]) => {
    const match = pattern.exec(key);
    return match ? [[Number(match[1]), parse(schema, value, fileName, [key])] as const] : [];
  });
  return new Map(matches);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, fileName: string, path: readonly string[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${fileName}: entry ${[...path, ...issue.path].join(".") || "(whole file)"}: ${issue.message}`);
}

/** Throws unless the array of an entry has the expected shape. */
export function assertShape(
  file: ReferenceFile,
  entry: string,
  { shape }: ReferenceArray,
  expected: readonly number[],
): void {
  if (shape.length === expected.length && shape.every((size, i) => size === expected[i])) return;
  throw new Error(
    `${file.fileName}: entry ${entry}: expected shape [${expected.join(", ")}], found [${shape.join(", ")}]`,
  );
}

/** Throws unless a list of an entry has the expected length. */
export function assertLength(file: ReferenceFile, entry: string, list: readonly unknown[], expected: number): void {
  if (list.length !== expected)
    throw new Error(`${file.fileName}: entry ${entry}: expected ${expected} entries, found ${list.length}`);
}
