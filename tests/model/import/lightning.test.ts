import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readLightningCheckpoint } from "../../../src/model/import/lightning.js";

const fixture = (path: string): Uint8Array => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
const json = (path: string): unknown => JSON.parse(Buffer.from(fixture(path)).toString("utf8"));
const archive = (name: string): Record<string, Uint8Array> => unzipSync(fixture(`model/${name}`));

type Arrays = Record<string, { shape: number[]; data: number[] }>;

describe("readLightningCheckpoint: the reference's checkpoint", () => {
  const checkpoint = readLightningCheckpoint(fixture("model/dosmatgen-small.ckpt"), "dosmatgen-small.ckpt");
  const { state_dict: reference } = json("reference/dosmatgen-reference.json") as { state_dict: Arrays };

  it("has the reference's parameters to the last of nine digits", () => {
    for (const [name, { shape, data }] of Object.entries(reference)) {
      const tensor = checkpoint.stateDict.get(name)!;
      expect(tensor.shape, name).toEqual(shape);
      expect(tensor.data, name).toEqual(Float32Array.from(data));
    }
  });

  it("keeps extra buffers, hyper-parameters and counters", () => {
    const extra = [...checkpoint.stateDict.keys()].filter((name) => !(name in reference));
    expect(extra).toContain("beta_scheduler.betas");
    const model = {
      hidden_dim: 24,
      num_layers: 2,
      num_freqs: 6,
      pred_dim: 20,
      max_atoms: 100,
      act_fn: "silu",
      cfg_prob: 0.2,
    };
    expect(checkpoint.hyperParameters).toMatchObject({ diffusion: { timesteps: 20, time_dim: 16, model } });
    expect(checkpoint).toMatchObject({ epoch: 3, globalStep: 12 });
  });
});

describe("readLightningCheckpoint: files of torch.save", () => {
  const expected = json("model/torch-expected.json") as Arrays;

  it.each(["torch-protocol2.ckpt", "torch-protocol4.ckpt", "torch-zip64.ckpt"])(
    "reads every kind of tensor: %s",
    (file) => {
      const { stateDict } = readLightningCheckpoint(fixture(`model/${file}`), file);
      expect([...stateDict.keys()]).toEqual(Object.keys(expected));
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(stateDict.get(name)!.shape, name).toEqual(shape);
        // PyTorch's own conversion to float64; ours ends at float32.
        const { data: found } = stateDict.get(name)!;
        expect([...found], name).toEqual(found instanceof Float32Array ? data.map(Math.fround) : data);
      }
    },
  );

  it("reads plain hyper-parameters and cannot pollute prototypes", () => {
    const { hyperParameters } = readLightningCheckpoint(fixture("model/torch-protocol2.ckpt"), "f");
    expect(hyperParameters).toMatchObject({
      model: { hidden_dim: 24, ratio: 0.2, act_fn: "silu", none: null, big: "1180591620717411303424" },
      shape: [2, 3],
      device: "cuda:0",
      tuple: [1, -2, [3]],
      set: [5],
      frozenset: [6],
    });
    expect(Object.hasOwn(hyperParameters, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("reads an archive that was compressed again", () => {
    const zipped = zipSync(archive("torch-protocol2.ckpt"), { level: 9 });
    expect(readLightningCheckpoint(zipped, "f").stateDict.get("float32")!.data).toEqual(
      Float32Array.from(expected.float32.data),
    );
  });

  it("names PyTorch's old format", () => {
    expect(() => readLightningCheckpoint(fixture("model/torch-legacy.ckpt"), "old.ckpt")).toThrow(
      /^old\.ckpt: .*PyTorch before 1\.6/,
    );
  });

  it.each([
    ["os-system", /asks for (posix|nt)\.system, which dosmith refuses to build/],
    ["numpy-scalar", "asks for numpy.core.multiarray.scalar"],
    ["namespace", "asks for argparse.Namespace"],
    ["module", "asks for torch.nn.modules.linear.Linear"],
    ["defaultdict", "asks for collections.defaultdict"],
  ])("refuses foreign objects by name: %s", (name, message) => {
    const read = (): unknown => readLightningCheckpoint(fixture(`model/foreign-${name}.ckpt`), "bad.ckpt");
    expect(read).toThrow(message);
    expect(read).toThrow(/^bad\.ckpt: /);
    expect(existsSync("pwned")).toBe(false);
  });
});

describe("readLightningCheckpoint: damaged files", () => {
  const bytes = fixture("model/torch-protocol2.ckpt");
  const files = archive("torch-protocol2.ckpt");
  const folder = Object.keys(files)[0].split("/")[0];
  const changed = (changes: Record<string, Uint8Array | undefined>): Uint8Array => {
    const entries = Object.entries({ ...files, ...changes }).filter(
      (entry): entry is [string, Uint8Array] => entry[1] !== undefined,
    );
    return zipSync(Object.fromEntries(entries), { level: 0 });
  };

  it("names a storage that is missing, too short or too long", () => {
    const key = `${folder}/data/0`;
    expect(() => readLightningCheckpoint(changed({ [key]: undefined }), "f")).toThrow(`f: expected an entry "${key}"`);
    for (const size of [0, files[key].length - 1, files[key].length + 4])
      expect(() => readLightningCheckpoint(changed({ [key]: new Uint8Array(size) }), "f")).toThrow(
        `f: entry state_dict["float32"]: its storage 0 should have 24 bytes (6 elements), found ${size}`,
      );
  });

  it("names other contents", () => {
    const pickle = (text: string): Uint8Array => changed({ [`${folder}/data.pkl`]: Buffer.from(text, "latin1") });
    expect(() => readLightningCheckpoint(new Uint8Array(), "f")).toThrow("f: not a readable zip archive");
    expect(() => readLightningCheckpoint(zipSync({ a: new Uint8Array(3) }), "f")).toThrow(
      "f: expected one entry NAME/data.pkl",
    );
    expect(() => readLightningCheckpoint(pickle("]."), "f")).toThrow(
      'f: expected a dictionary with the entry "state_dict", found a list',
    );
    expect(() => readLightningCheckpoint(pickle("}."), "f")).toThrow(
      "f: entry state_dict: expected a dictionary of tensors, found none",
    );
    expect(() => readLightningCheckpoint(pickle("}X\n\0\0\0state_dict}X\x01\0\0\0wNss."), "f")).toThrow(
      'f: entry state_dict["w"]: expected a tensor, found None',
    );
    expect(() => readLightningCheckpoint(changed({ [`${folder}/byteorder`]: Buffer.from("big") }), "f")).toThrow(
      "another byte order",
    );
  });

  /** state_dict = {"w": a tensor of a storage "0" of 6 float32} with the given offset, sizes and strides. */
  const tensorPickle = (offset: number, shape: number[], strides: number[], count = 6): Uint8Array => {
    const int = (n: number): string =>
      `J${String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255)}`;
    const text = (s: string): string => `X${String.fromCharCode(s.length)}\0\0\0${s}`;
    const storage = `(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}${int(count)}tQ`;
    const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${int(offset)}(${shape.map(int).join("")}t(${strides.map(int).join("")}t\x89}tR`;
    return changed({
      [`${folder}/data.pkl`]: Buffer.from(`}${text("state_dict")}}${text("w")}${tensor}ss.`, "latin1"),
    });
  };

  it("reads any view inside its storage, as the definition of strides has it", () => {
    const values = new Float32Array(files[`${folder}/data/0`].slice().buffer);
    const view = fc.record({
      offset: fc.nat(6),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
      strides: fc.array(fc.nat(4), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(view, ({ offset, shape, strides }) => {
        const indices = shape.reduce<number[][]>(
          (all, n) => all.flatMap((i) => Array.from({ length: n }, (_, k) => [...i, k])),
          [[]],
        );
        const positions = indices.map((index) => index.reduce((sum, k, axis) => sum + k * strides[axis], offset));
        const read = (): unknown =>
          readLightningCheckpoint(tensorPickle(offset, shape, strides), "f").stateDict.get("w");
        if (shape.length !== strides.length) expect(read).toThrow("as many strides");
        else if (positions.some((at) => at >= 6))
          expect(read).toThrow(/f: a tensor of shape .* reaches element \d+ of storage 0, which has 6/);
        else expect(read()).toEqual({ shape, data: Float32Array.from(positions, (at) => values[at]) });
      }),
      { numRuns: 300 },
    );
  });

  it("refuses negative and gigantic numbers", () => {
    expect(() => readLightningCheckpoint(tensorPickle(-1, [1], [1]), "f")).toThrow(
      "not described by a storage, an offset",
    );
    expect(() => readLightningCheckpoint(tensorPickle(0, [1], [-1]), "f")).toThrow("not described by a storage");
    expect(() => readLightningCheckpoint(tensorPickle(0, [2 ** 30], [0]), "f")).toThrow("larger than the limit");
    expect(() => readLightningCheckpoint(tensorPickle(0, [6], [1], 2 ** 30), "f")).toThrow(
      "should have 4294967296 bytes",
    );
  });

  it("reports every truncation", () => {
    for (let length = 0; length < bytes.length; length += 37) {
      expect(() => readLightningCheckpoint(bytes.subarray(0, length), "f.ckpt")).toThrow(/^f\.ckpt: /);
    }
  });

  it("gives the right tensors or a clear Error whatever bytes are changed", () => {
    const intact = readLightningCheckpoint(bytes, "f.ckpt").stateDict;
    const edit = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const damaged = Uint8Array.from(bytes);
        for (const { at, byte } of edits) damaged[at] = byte;
        try {
          expect(readLightningCheckpoint(damaged, "f.ckpt").stateDict).toEqual(intact);
        } catch (error) {
          if (!(error as Error).message.startsWith("f.ckpt: ")) throw error;
          expect((error as Error).constructor).toBe(Error);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("gives a clear Error or some tensors whatever is changed in an intact archive's pickle", () => {
    const name = `${folder}/data.pkl`;
    const edit = fc.record({ at: fc.nat(files[name].length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const pickle = Uint8Array.from(files[name]);
        for (const { at, byte } of edits) pickle[at] = byte;
        try {
          readLightningCheckpoint(changed({ [name]: pickle }), "f.ckpt");
        } catch (error) {
          expect((error as Error).message).toMatch(/^f\.ckpt: /);
          expect((error as Error).constructor).toBe(Error);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
