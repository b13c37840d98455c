import { readFileSync } from "node:fs";
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
