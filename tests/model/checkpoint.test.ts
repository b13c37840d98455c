import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeSafetensors } from "../../src/data/index.js";
import type { DenoiserModel, Model, Parameters } from "../../src/model/index.js";
import {
  decodeModel,
  descriptorSize,
  encodeModel,
  initialParameters,
  loadDenoiser,
  loadModel,
  loadPredictor,
  radialPredictorSpecs,
  saveModel,
} from "../../src/model/index.js";
import { temporaryFolder } from "../data/helpers.js";
import { randomParameters, tinyConfig, tinyReferenceConfig } from "./support.js";

const E = tinyConfig.dosPoints;
const scaler = { mean: new Float32Array(E).fill(0.3), std: new Float32Array(E).fill(2) };
const common = { elements: [1, 8, 118], info: { trainedOn: "nothing", ä: "\u{1F48E}" } };
const denoiser: DenoiserModel = {
  kind: "denoiser",
  config: tinyReferenceConfig,
  parameters: randomParameters(tinyReferenceConfig, 1),
  scaler,
  scoreNorms: Float32Array.from({ length: 11 }, (_, i) => 1 + i),
  ...common,
};
const radialConfig = {
  kind: "radial",
  hiddenDim: 4,
  layerCount: 1,
  radialCount: 3,
  cutoff: 4,
  classCount: 10,
  dosPoints: E,
  spectrumBasis: 5,
  members: 2,
} as const;
const models: Model[] = [
  denoiser,
  { kind: "denoiser", config: tinyConfig, parameters: randomParameters(tinyConfig, 2), ...common },
  { ...denoiser, kind: "csp-predictor", scoreNorms: undefined } as Model,
  {
    kind: "radial-predictor",
    config: radialConfig,
    parameters: initialParameters(radialPredictorSpecs(radialConfig, descriptorSize), 3),
    ...common,
  },
];

const plain = (parameters: Parameters) =>
  [...parameters].map(([name, { shape, data }]) => [name, shape, Array.from(data)] as const).sort();

describe("round trip", () => {
  test.each(models)("$kind", async (model) => {
    const path = join(await temporaryFolder(), "model.safetensors");
    await saveModel(path, model);
    const back = await loadModel(path);
    expect(back).toMatchObject({ kind: model.kind, config: model.config, ...common });
    expect(plain(back.parameters)).toEqual(plain(model.parameters));
    expect(back.scaler).toEqual(model.scaler);
    expect("scoreNorms" in back ? back.scoreNorms : undefined).toEqual(
      "scoreNorms" in model ? model.scoreNorms : undefined,
    );
    await expect(model.kind === "denoiser" ? loadPredictor(path) : loadDenoiser(path)).rejects.toThrow(
      model.kind === "denoiser" ? /expected a DOS predictor, found a denoiser/ : /expected a denoiser, found a/,
    );
  });

  test("the same model gives the same bytes", () => {
    expect(Buffer.from(encodeModel(decodeModel(encodeModel(denoiser), "a"))).equals(encodeModel(denoiser))).toBe(true);
  });
});

describe("a bad checkpoint is refused with its name and what is wrong", () => {
  const changed = (change: (parameters: Map<string, { shape: readonly number[]; data: Float32Array }>) => void) => {
    const parameters = new Map(denoiser.parameters);
    change(parameters);
    return encodeModel({ ...denoiser, parameters });
  };
  const name = "coord_out.weight";
  const bytes = encodeModel(denoiser);
  const text = (from: string, to: string) => {
    expect(from.length).toBe(to.length);
    return Buffer.from(Buffer.from(bytes).toString("latin1").replace(from, to), "latin1");
  };
  const cases: [string, Uint8Array, RegExp][] = [
    ["missing", changed((p) => p.delete(name)), /f: parameter coord_out.weight is missing \(expected shape \[3, 8\]\)/],
    [
      "another shape",
      changed((p) => p.set(name, { shape: [8, 3], data: new Float32Array(24) })),
      /f: parameter coord_out.weight has shape \[8, 3\], expected \[3, 8\]/,
    ],
    [
      "NaN",
      changed((p) => p.set(name, { shape: [3, 8], data: new Float32Array(24).fill(NaN, 7) })),
      /f: parameter coord_out.weight has the non-finite value NaN at 7/,
    ],
    [
      "unknown",
      changed((p) => p.set("extra", { shape: [1], data: new Float32Array(1) })),
      /f: unknown parameters extra/,
    ],
    ["truncated", bytes.subarray(0, bytes.length - 5), /f: the header describes/],
    ["empty", new Uint8Array(), /f: not a safetensors file/],
    ["not ours", encodeSafetensors({}, { format: "pt" }), /f: not a dosmith checkpoint/],
    ["no configuration", encodeSafetensors({}, { format: "dosmith" }), /f: metadata "model"/],
    ["another encoder", text('\\"linear\\"', '\\"linea2\\"'), /f: metadata "model".*/s],
    ["broken metadata", text('{\\"kind\\"', '[\\"kind\\"'), /f: metadata "model": not JSON/],
    [
      "scaler of another grid",
      encodeModel({ ...denoiser, scaler: { mean: new Float32Array(7), std: new Float32Array(7).fill(1) } }),
      /f: scaler.mean has 7 values, expected 100/,
    ],
    [
      "scaler with a zero deviation",
      encodeModel({ ...denoiser, scaler: { ...scaler, std: new Float32Array(E) } }),
      /f: scaler.std has the impossible value 0 at 0/,
    ],
  ];
  test.each(cases)("%s", (_, damaged, message) => {
    expect(() => decodeModel(damaged, "f")).toThrow(message);
  });

  test("of another version says which one made it; of this one it does not", () => {
    const made = /"made_by": ?"(dosmith [^"]+)"/.exec(Buffer.from(bytes).toString("latin1"))![1];
    const broken = text('\\"linear\\"', '\\"linea2\\"');
    expect(() => decodeModel(broken, "f")).not.toThrow(/made by/);
    const older = Buffer.from(
      broken.toString("latin1").replace(made, `dosmith ${"0".repeat(made.length - 8)}`),
      "latin1",
    );
    expect(() => decodeModel(older, "f")).toThrow(`made by dosmith ${"0".repeat(made.length - 8)}, this is ${made})`);
    expect(() => decodeModel(encodeSafetensors({}, { format: "dosmith" }), "f")).toThrow(
      /metadata "model".*\(the file was made by dosmith 0\.1\.0 or earlier, this is dosmith/s,
    );
  });

  test("no file, and every truncation of a file", async () => {
    const path = join(await temporaryFolder(), "model.safetensors");
    await expect(loadModel(path)).rejects.toThrow(`${path}: no such model file`);
    for (let k = 0; k < 40; k++) {
      await writeFile(path, bytes.subarray(0, Math.floor((bytes.length * k) / 40)));
      await expect(loadModel(path)).rejects.toThrow(path);
    }
    await saveModel(path, denoiser);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});
