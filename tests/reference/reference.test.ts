// The fixture's entries are edited in every way, wrong ones included: no type would fit them.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-argument,
   @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkReference, parseReferenceFile, type ReferenceRow } from "./index.js";
import { compiledEngine, eagerEngine, type Engine } from "../../src/runtime/index.js";

interface Values {
  shape: number[];
  data: number[];
}
type Content = any;

const text = readFileSync(new URL("../fixtures/reference/dosmatgen-reference.json", import.meta.url), "utf8");

const gradientCount = Object.keys(JSON.parse(text).training_loss.grad).length;

const engines: Engine[] = [];
let compiled: Engine;
beforeAll(async () => {
  compiled = await compiledEngine({ threads: 1 });
  engines.push(await eagerEngine("cpu"), compiled);
});
afterAll(() => engines.forEach((engine) => engine.dispose()));

async function rowsOf(content: string, on: readonly Engine[]): Promise<ReferenceRow[]> {
  const rows: ReferenceRow[] = [];
  for await (const row of checkReference(parseReferenceFile(content, "ref.json"), on)) rows.push(row);
  return rows;
}

/** Rows of the fixture after an edit. */
function edited(edit: (content: Content) => void, on: readonly Engine[] = []): Promise<ReferenceRow[]> {
  const content: Content = JSON.parse(text);
  edit(content);
  return rowsOf(JSON.stringify(content), on);
}

const failed = (rows: readonly ReferenceRow[]): string[] =>
  rows.filter(({ verdict }) => verdict === "fail").map(({ quantity }) => quantity);
const absent = (rows: readonly ReferenceRow[]): string[] =>
  rows.filter(({ verdict }) => verdict === "not in the file").map(({ quantity }) => quantity);

describe("the reference's numbers", () => {
  it.each(["eager-cpu", "compiled-cpu"])(
    "are reproduced by %s: forward 2e-5, gradients and trajectories 2e-4",
    async (name) => {
      const rows = await rowsOf(
        text,
        engines.filter((engine) => engine.name === name),
      );
      expect(failed(rows)).toEqual([]);
      expect(absent(rows)).toEqual([]);
      const quantities = rows.filter(({ backend }) => backend === name).map(({ quantity }) => quantity);
      expect(quantities.filter((quantity) => quantity.startsWith("training_loss.grad."))).toHaveLength(gradientCount);
      for (const entry of ["denoiser.masked.node", "dos_prediction.l1_loss_against_y", "training_loss.loss_coord"])
        expect(quantities).toContain(entry);
      for (const entry of ["cfg_sample.lattice_by_step", "masked_cfg_sample.final_atomic_number"])
        expect(quantities).toContain(entry);
    },
    120_000,
  );

  it("are reproduced by blocks of several crystals: the batch taken twice has the same losses and gradients", async () => {
    const twice = ({ shape, data }: Values): Values => ({
      shape: [2 * shape[0], ...shape.slice(1)],
      data: [...data, ...data],
    });
    const double = (entry: Content, keep: readonly string[] = []): void => {
      for (const [key, value] of Object.entries<Content>(entry)) {
        if (keep.includes(key)) continue;
        if (Array.isArray(value)) entry[key] = [...value, ...value];
        else if (value?.shape) entry[key] = twice(value as Values);
      }
    };
    const rows = await edited(
      (content) => {
        const { denoiser, training_loss, dos_prediction } = content;
        [denoiser, denoiser.conditional, denoiser.unconditional, denoiser.masked, dos_prediction].forEach((entry) =>
          double(entry),
        );
        double(training_loss, ["sigma_x_norm_used"]);
        delete content.cfg_sample;
        delete content.masked_cfg_sample;
      },
      [compiled],
    );
    expect(failed(rows)).toEqual([]);
    expect(rows.filter(({ verdict }) => verdict === "pass").length).toBeGreaterThan(60);
  }, 60_000);
});

describe("checkReference notices", () => {
  it("a wrong number in every kind of entry", async () => {
    const wrong: [string, (content: Content) => void][] = [
      ["schedule_T20.betas", (c) => (c.schedule_T20.betas.data[3] += 1e-4)],
      ["schedule_T1000.sigma_x", (c) => (c.schedule_T1000.sigma_x[4] *= 1.01)],
      [
        "schedule_T20.sigma_x_norm_monte_carlo_1e4",
        (c) => (c.schedule_T20.sigma_x_norm_monte_carlo_1e4.data[20] *= 1.07),
      ],
      ["sigma_x_norm_used", (c) => (c.sigma_x_norm_used.data[9] *= 0.9)],
      [
        "d_log_p_wrapped_normal_float64, sigma 0.25",
        (c) => (c.d_log_p_wrapped_normal_float64["value[sigma][x]"][3][2] *= -1),
      ],
      ["lattice_from_parameters", (c) => (c.lattice_from_parameters.matrix_rows_are_vectors[2][1][0] += 1e-3)],
      ["time_embedding_dim16", (c) => (c.time_embedding_dim16.value[1][15] += 1e-4)],
    ];
    expect(failed(await edited((c) => wrong.forEach(([, edit]) => edit(c)))).sort()).toEqual(
      wrong.map(([quantity]) => quantity).sort(),
    );
  });

  it("a wrong number in what the network computes", async () => {
    const wrong: [string, (content: Content) => void][] = [
      ["denoiser.conditional.eps_x", (c) => (c.denoiser.conditional.eps_x.data[0] += 1e-3)],
      ["denoiser.masked.node", (c) => (c.denoiser.masked.node.data[219] += 1e-3)],
      ["dos_prediction.l1_loss_against_y", (c) => (c.dos_prediction.l1_loss_against_y += 1e-4)],
      ["training_loss.loss_type", (c) => (c.training_loss.loss_type *= 1.0001)],
      [
        "training_loss.grad.coord_out.weight",
        (c) => (c.training_loss.grad["decoder.coord_out.weight"].data[71] += 1e-2),
      ],
      ["adam_three_steps.loss_before_each_step", (c) => (c.adam_three_steps.loss_before_each_step[2] *= 1.0001)],
      [
        "adam_three_steps.after.y_projection.bias",
        (c) => (c.adam_three_steps.after["decoder.y_projection.bias"].data[5] += 1e-3),
      ],
      ["cfg_sample.final_atomic_number", (c) => (c.cfg_sample.final_atomic_number[10] -= 1)],
      ["masked_cfg_sample.lattice_by_step", (c) => (c.masked_cfg_sample.lattice_by_step.data[40] += 1)],
    ];
    expect(failed(await edited((c) => wrong.forEach(([, edit]) => edit(c)), [compiled])).sort()).toEqual(
      wrong.map(([quantity]) => quantity).sort(),
    );
  }, 60_000);
});

describe("checkReference says what is not in the file", () => {
  /** Nothing may be computed for an entry whose inputs are missing. */
  const idle: Engine = {
    name: "idle",
    compile: () => Promise.reject(new Error("compiled a program for inputs that are not there")),
    dispose: () => undefined,
    [Symbol.dispose]: () => undefined,
  };

  it("an empty file: every row, no error", async () => {
    const rows = await rowsOf("{}", [idle]);
    expect(rows.every(({ verdict }) => verdict === "not in the file")).toBe(true);
    expect(rows.length).toBeGreaterThan(25);
  });

  it.each(["config", "state_dict"])("no %s: nothing that needs the network", async (key) => {
    const rows = await edited(
      (c) => {
        delete c[key];
        delete c.schedule_T1000;
      },
      [idle],
    );
    const networkRows = rows.filter(({ backend }) => backend === "idle");
    expect(networkRows.every(({ verdict }) => verdict === "not in the file")).toBe(true);
    expect(networkRows[0].note).toBe("without config or state_dict");
    expect(rows.find(({ quantity }) => quantity === "schedule_T20.betas")!.verdict).toBe("pass");
  });

  it.each([
    ["denoiser", "t", "denoiser.conditional.eps_x"],
    ["dos_prediction", "lengths", "dos_prediction.node"],
    ["training_loss", "noise_x", "training_loss.loss"],
    ["cfg_sample", "noise", "cfg_sample.lattice_by_step"],
    ["masked_cfg_sample", "mask", "masked_cfg_sample.lattice_by_step"],
  ])("an entry without one of its inputs: %s.%s", async (entry, input, quantity) => {
    const rows = await edited(
      (c) => {
        for (const other of ["denoiser", "dos_prediction", "training_loss", "cfg_sample", "masked_cfg_sample"])
          if (other !== entry) c[other] = {};
        if (entry === "masked_cfg_sample")
          Object.assign(c[entry], {
            num_atoms: [1, 3, 5, 2],
            y: c.denoiser.y ?? { shape: [11, 20], data: Array<number>(220).fill(0) },
          });
        delete c[entry][input];
      },
      [idle],
    );
    expect(rows.find((row) => row.quantity === quantity)).toMatchObject({
      verdict: "not in the file",
      note: `without ${input}`,
    });
  });

  it("outputs one by one", async () => {
    const rows = await edited(
      (c) => {
        delete c.denoiser.masked;
        delete c.denoiser.conditional.node;
        delete c.dos_prediction.l1_loss_against_y;
        delete c.training_loss.loss_coord;
        delete c.training_loss.grad["decoder.type_out.bias"];
        delete c.adam_three_steps.after;
        delete c.cfg_sample.frac_coords_by_step;
        delete c.masked_cfg_sample;
        delete c.schedule_T20.alphas;
        delete c.time_embedding_dim16;
      },
      [compiled],
    );
    expect(failed(rows)).toEqual([]);
    expect(absent(rows)).toEqual([
      "schedule_T20.alphas",
      "time_embedding_dim...",
      "denoiser.conditional.node",
      ...["eps_x", "eps_lattice", "eps_type", "node"].map((output) => `denoiser.masked.${output}`),
      "dos_prediction.l1_loss_against_y",
      "training_loss.loss_coord",
      "training_loss.grad.type_out.bias",
      "adam_three_steps.after",
      "cfg_sample.frac_coords_by_step",
      ...["frac_coords_by_step", "lattice_by_step", "final_atomic_number"].map(
        (output) => `masked_cfg_sample.${output}`,
      ),
    ]);
  }, 60_000);
});

describe("checkReference refuses malformed files", () => {
  it.each<[string, (content: Content) => void]>([
    ["entry config.hidden_dim: ", (c) => (c.config.hidden_dim = "24")],
    ["entry config.beta: ", (c) => (c.config.beta = "linear")],
    [
      "entry state_dict.decoder.coord_out.weight: the shape does not fit the number of values",
      (c) => c.state_dict["decoder.coord_out.weight"].data.pop(),
    ],
    [
      "ref.json: parameter coord_out.weight is missing (expected shape [3, 24])",
      (c) => delete c.state_dict["decoder.coord_out.weight"],
    ],
    ["parameter node_embedding.weight has shape [24, 100], expected [25, 100]", (c) => (c.config.hidden_dim = 25)],
    ["expected one parameter named PREFIXnode_embedding.weight", (c) => (c.state_dict = {})],
    ["entry denoiser.num_atoms.0: ", (c) => (c.denoiser.num_atoms[0] = 0)],
    ["entry denoiser.atom_type: expected shape [12, 100], found [11, 100]", (c) => (c.denoiser.num_atoms[0] = 2)],
    ["entry denoiser.t: expected 1 to 20, found 21", (c) => (c.denoiser.t[0] = 21)],
    ["entry denoiser.t: expected 4 entries, found 3", (c) => c.denoiser.t.pop()],
    ["entry denoiser.y.data.0: ", (c) => (c.denoiser.y.data[0] = null)],
    [
      "entry denoiser.masked.eps_x: expected shape [11, 3], found [3, 11]",
      (c) => c.denoiser.masked.eps_x.shape.reverse(),
    ],
    ["entry dos_prediction.atomic_number.0: ", (c) => (c.dos_prediction.atomic_number[0] = 0)],
    ["entry training_loss.noise_x: expected shape [11, 3], found [33]", (c) => (c.training_loss.noise_x.shape = [33])],
    [
      "entry training_loss.sigma_x_norm_used: expected shape [21], found [20]",
      (c) => (c.training_loss.sigma_x_norm_used = { shape: [20], data: Array<number>(20).fill(1) }),
    ],
    [
      "entry training_loss.grad: expected names of parameters, found decoder.other",
      (c) => (c.training_loss.grad["decoder.other"] = { shape: [1], data: [0] }),
    ],
    ["entry cfg_sample.noise: expected a draw for t = 7, found none", (c) => c.cfg_sample.noise.splice(13, 1)],
    [
      "entry masked_cfg_sample.lattice_by_step: expected shape [21, 4, 3, 3], found [84, 3, 3]",
      (c) => (c.masked_cfg_sample.lattice_by_step.shape = [84, 3, 3]),
    ],
    [
      "entry schedule_T20.betas: expected 21 entries, found 20",
      (c) => (c.schedule_T20.betas = { shape: [20], data: Array<number>(20).fill(1) }),
    ],
    ["entry schedule_T1000.index: expected at most 1000, found 1001", (c) => (c.schedule_T1000.index[10] = 1001)],
    ["entry time_embedding_dim16.value.1: expected 16 entries, found 15", (c) => c.time_embedding_dim16.value[1].pop()],
  ])("%s", async (message, edit) => {
    const section = /entry ([a-zA-Z_]+)[\d.]/.exec(message)?.[1];
    const run = edited(
      (c) => {
        // Only the entry in question, so that nothing else is computed first.
        for (const key of [
          "denoiser",
          "dos_prediction",
          "training_loss",
          "adam_three_steps",
          "cfg_sample",
          "masked_cfg_sample",
        ])
          if (section && key !== section && !(key === "cfg_sample" && section === "masked_cfg_sample")) delete c[key];
        if (section !== "schedule_T") delete c.schedule_T1000;
        if (section === "masked_cfg_sample") c.cfg_sample = { num_atoms: c.cfg_sample.num_atoms, y: c.cfg_sample.y };
        edit(c);
      },
      [compiled],
    );
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toThrow(/^ref\.json: /);
  });

  it("that are no JSON, or no object", async () => {
    await expect(rowsOf("{", [])).rejects.toThrow("ref.json: not a JSON file");
    await expect(rowsOf("NaN", [])).rejects.toThrow("ref.json: not a JSON file");
    await expect(rowsOf("[1]", [])).rejects.toThrow("ref.json: entry (whole file): ");
  });
});
