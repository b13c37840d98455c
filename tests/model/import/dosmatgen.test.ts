import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readDosmatgenCheckpoint, type DosmatgenImport } from "../../../src/model/import/index.js";

const read = (name: string): DosmatgenImport =>
  readDosmatgenCheckpoint(readFileSync(new URL(`../../fixtures/model/${name}`, import.meta.url)), name);

describe("readDosmatgenCheckpoint", () => {
  it("reads the reference's checkpoint with its own lambda and schedules", () => {
    const { model, prefix, extra } = read("dosmatgen-small.ckpt");
    expect(model.config).toMatchObject({
      hiddenDim: 24,
      layerCount: 2,
      frequencyCount: 6,
      timeDim: 16,
      classCount: 100,
      dosPoints: 20,
      timesteps: 20,
    });
    expect(model.config).toMatchObject({
      encoder: "linear",
      typeOutput: "noise",
      latticeSpace: "matrix",
      latticeScale: 1,
    });
    expect(prefix).toBe("decoder.");
    expect(model.parameters.get("csp_layer_1.edge_mlp.0.weight")!.shape).toEqual([24, 93]);
    expect([...extra.keys()].sort()).toEqual([
      ...["alphas", "alphas_cumprod", "betas", "sigmas"].map((name) => `beta_scheduler.${name}`),
      ...["sigmas", "sigmas_norm"].map((name) => `sigma_scheduler.${name}`),
    ]);
    expect(model.scoreNorms![1]).toBeCloseTo(39420.4453, 3);
  });

  it("finds another prefix, half precision, and the time steps in a buffer", () => {
    const { model, prefix, extra } = read("tiny-other-prefix.ckpt");
    expect(prefix).toBe("model.net.");
    expect(model.config).toMatchObject({
      hiddenDim: 4,
      layerCount: 2,
      frequencyCount: 2,
      timeDim: 6,
      classCount: 7,
      dosPoints: 5,
      timesteps: 10,
    });
    expect(model.scoreNorms).toBeUndefined();
    expect([...extra.keys()]).toEqual(["beta_scheduler.betas"]);
  });

  it("prefers the hyper-parameters' time steps", () => {
    expect(read("tiny-timesteps.ckpt").model.config.timesteps).toBe(50);
  });

  it.each([
    ["relu", 'tiny-relu.ckpt: hyper-parameter act_fn: expected "silu", found "relu"'],
    ["missing", "tiny-missing.ckpt: entry state_dict: parameters are missing: coord_out.weight, type_out.bias"],
    ["shape", "tiny-shape.ckpt: parameter coord_out.weight has shape [3, 5], expected [3, 4]"],
    ["nan", "tiny-nan.ckpt: parameter coord_out.weight has the non-finite value NaN at 6"],
    [
      "two",
      "tiny-two.ckpt: entry state_dict: expected one parameter named PREFIXnode_embedding.weight, found a.node_embedding.weight, b.",
    ],
  ])("says what is wrong: %s", (name, message) => {
    expect(() => read(`tiny-${name}.ckpt`)).toThrow(message);
  });

  it("names what it found instead of a denoiser", () => {
    expect(() => read("torch-protocol2.ckpt")).toThrow(
      "PREFIXnode_embedding.weight, found float32, float64, float16, bfloat16, int64, ...",
    );
  });
});

describe("a small file whose dictionaries share parts, 2^60 of them if each were looked at", () => {
  const bytes = readFileSync(new URL("../../fixtures/model/dosmatgen-small.ckpt", import.meta.url));
  const files = unzipSync(bytes);
  const name = Object.keys(files).find((entry) => entry.endsWith("data.pkl"))!;
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const u32 = (value: number) => String.fromCharCode(value & 255, value >> 8, 0, 0);
  const [store, recall] = [(i: number) => `r${u32(20000 + i)}0`, (i: number) => `j${u32(20000 + i)}`];
  /** Sixty containers, each of which holds the one before twice, in the memo; then the hyper-parameters. */
  const withHyperParameters = (twice: (i: number) => string, value: string): Uint8Array => {
    const containers = Array.from({ length: 60 }, (_, i) => `${twice(i)}${store(i + 1)}`).join("");
    const added = `}${store(0)}${containers}${text("hyper_parameters")}${value}s.`;
    const pickle = Buffer.concat([files[name].subarray(0, -1), Buffer.from(added, "latin1")]);
    return zipSync({ ...files, [name]: pickle }, { level: 0 });
  };
  const dictionaries = (i: number) => `}${text("a")}${recall(i)}s${text("b")}${recall(i)}s`;
  const lists = (i: number) => `](${recall(i)}${recall(i)}e`;

  it("is read at once", () => {
    const { model } = readDosmatgenCheckpoint(withHyperParameters(dictionaries, recall(60)), "shared.ckpt");
    expect(model.config).toEqual(read("dosmatgen-small.ckpt").model.config);
  });

  it.each([
    [dictionaries, "a dictionary"],
    [lists, "a list"],
  ])("is not printed when it stands where a number should: %#", (twice, found) => {
    const shared = withHyperParameters(twice, `}${text("hidden_dim")}${recall(58)}s`);
    expect(() => readDosmatgenCheckpoint(shared, "shared.ckpt")).toThrow(
      `shared.ckpt: hyper-parameter hidden_dim: expected 24, found ${found}`,
    );
  });

  it("is no device", () => {
    const device = withHyperParameters(lists, `ctorch\ndevice\n(${recall(58)}tR`);
    expect(() => readDosmatgenCheckpoint(device, "shared.ckpt")).toThrow(/a torch.device is not made of names/);
  });
});
