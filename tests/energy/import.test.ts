// Weights of the energy model: their file, and the wheel that they come from.
import { zipSync } from "fflate";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { decodeEnergyModel, encodeEnergyModel, loadEnergyModel, readChgnetWheel } from "../../src/energy/index.js";
import { parameterCount } from "../../src/model/index.js";
import { modelPath } from "./support.js";

describe("the bundled weights", () => {
  test("are CHGNet's, say where they come from and under which licence", async () => {
    const { config, parameters, info } = await loadEnergyModel(modelPath);
    expect(parameterCount(parameters)).toBe(412_525);
    expect(config).toMatchObject({ layerCount: 4, featureDim: 64, atomCutoff: 6, bondCutoff: 3, cutoffExponent: 8 });
    expect(info["citation"]).toContain("Deng");
    expect(info["licence"]).toContain("Redistributions in binary form must reproduce");
  });

  test("survive writing and reading", async () => {
    const model = await loadEnergyModel(modelPath);
    expect(decodeEnergyModel(encodeEnergyModel(model), "copy")).toEqual(model);
  });

  test("are refused where one is missing, or the file is another model's", async () => {
    const model = await loadEnergyModel(modelPath);
    const fewer = new Map([...model.parameters].slice(1));
    expect(() => decodeEnergyModel(encodeEnergyModel({ ...model, parameters: fewer }), "x.st")).toThrow(
      /x\.st: parameter angle_basis_expansion\.fourier_expansion\.frequencies is missing/,
    );
    const denoiser = await readFile(modelPath.replace("energy.safetensors", "denoiser.safetensors"));
    expect(() => decodeEnergyModel(denoiser, "d.st")).toThrow(
      'd.st: expected an energy model (format "dosmith-energy")',
    );
    await expect(loadEnergyModel("/no/such/file")).rejects.toThrow("/no/such/file: no such model file");
  });
});

describe("wheels", () => {
  test("what is none, or has no such checkpoint, is refused by name", () => {
    expect(() => readChgnetWheel(new Uint8Array(100), "a.whl")).toThrow("a.whl: not a readable zip archive");
    const empty = zipSync({ "chgnet/__init__.py": new Uint8Array() });
    expect(() => readChgnetWheel(empty, "a.whl")).toThrow("a.whl: expected one entry chgnet/pretrained/0.3.0/");
    const name = "chgnet/pretrained/0.3.0/x.pth.tar";
    const damaged = zipSync({ [name]: zipSync({ "x/data.pkl": Uint8Array.of(0x80, 2, 0x7d, 0x2e) }) });
    expect(() => readChgnetWheel(damaged, "a.whl")).toThrow(
      `a.whl: ${name}: expected a dictionary with the dictionary "model"`,
    );
  });
});
