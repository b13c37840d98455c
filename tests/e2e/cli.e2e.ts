import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, makeWorkplace, type Workplace } from "../cli/support.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = join(root, "dist/cli/main.js");

let place: Workplace;
const at = (name: string) => join(place.folder, name);

beforeAll(async () => {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { cwd: root });
  place = await makeWorkplace();
}, 300_000);

interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command; `during` may look at its folder and stop it. */
async function dosmith(
  args: readonly string[],
  during?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, DEBUG: "" } });
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
  const ended = new Promise<Finished>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, ...text })),
  );
  await during?.((signal) => child.kill(signal));
  return ended;
}

const generate = (out: string) => [
  "generate",
  "--target",
  "zincblende-ZnS",
  "--count",
  "24",
  "--batch-size",
  "4",
  "--steps",
  "60",
  "--seed",
  "5",
  "--out",
  out,
  ...place.sources,
];

async function lineCount(path: string): Promise<number> {
  return existsSync(path) ? (await readFile(path, "utf8")).split("\n").length - 1 : 0;
}

/** Waits until a file has so many lines. */
async function waitForLines(path: string, count: number): Promise<void> {
  for (let i = 0; i < 3000 && (await lineCount(path)) < count; i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

async function crystals(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, "crystals"))).sort();
  return Promise.all(names.map(async (name) => `${name}\n${await readFile(join(folder, "crystals", name), "utf8")}`));
}

describe("generate", () => {
  let whole: string[];

  beforeAll(async () => {
    const { code, err } = await dosmith(generate(at("whole")));
    expect(code, err).toBe(0);
    whole = await crystals(at("whole"));
    expect(whole).toHaveLength(24);
  });

  it.each(["SIGINT", "SIGKILL"] as const)(
    "stopped by %s and run again makes the crystals of an uninterrupted run",
    async (signal) => {
      const out = at(signal);
      const stopped = await dosmith(generate(out), async (kill) => {
        await waitForLines(join(out, "crystals.jsonl"), 5);
        kill(signal);
      });
      const kept = await lineCount(join(out, "crystals.jsonl"));
      expect(kept).toBeGreaterThanOrEqual(4);
      expect(kept).toBeLessThan(24);
      if (signal === "SIGINT") {
        expect(stopped.code).toBe(130);
        expect(stopped.err.trimEnd().split("\n").at(-1)).toBe(
          `dosmith: stopped: ${kept} of 24 crystals are finished in ${out}. The same command continues: dosmith ${generate(out).join(" ")}`,
        );
      } else expect(stopped.signal).toBe("SIGKILL");
      const again = await dosmith(generate(out));
      expect(again.code, again.err).toBe(0);
      expect(again.err).toMatch(new RegExp(`continuing after ${kept} of 24`));
      expect(await crystals(out)).toEqual(whole);
      expect(await readFile(join(out, "summary.csv"), "utf8")).toBe(
        await readFile(join(at("whole"), "summary.csv"), "utf8"),
      );
      expect(again.out).toMatch(/report: .*report\.html/);
    },
  );

  it("survives a pipe that closes early", () => {
    const list = `${process.execPath} ${main} data list ${place.split} | head -1`;
    expect(execFileSync("bash", ["-o", "pipefail", "-c", list]).toString()).toMatch(/^id/);
  });
});

describe("bad input", () => {
  const record = {
    structure_id: "x",
    cell: [
      [3, 0, 0],
      [0, 3, 0],
      [0, 0, 3],
    ],
    positions: [[0, 0, 0]],
    atomic_numbers: [29],
  };
  const dos = (length: number, value: unknown = 1) => [Array(length).fill(value)];
  const cif = (cell: string, ...sites: string[]) =>
    `data_x\n${["a", "b", "c"].map((k) => `_cell_length_${k} ${cell}`).join("\n")}\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n${sites.join("\n")}\n`;

  beforeAll(async () => {
    const files: Record<string, string | Uint8Array> = {
      "nan.json": JSON.stringify({ ...record, y: dos(400, null) }),
      "points.json": JSON.stringify({ ...record, y: dos(399) }),
      "cut.json": JSON.stringify({ ...record, y: dos(400) }).slice(0, 300),
      "element.cif": cif("4", "Xx 0 0 0"),
      "overlap.cif": cif("4", "Si 0 0 0", "Si 0.001 0 0"),
      "singular.cif": cif("0", "Si 0 0 0"),
      "cut.safetensors": (await readFile(place.model)).subarray(0, 3000),
      "cut.ckpt": (await readFile(fixture("model/dosmatgen-small.ckpt"))).subarray(0, 4000),
      "notes.txt": "no crystal",
      "bad.jsonl": `${JSON.stringify({ ...record, y: dos(5) })}\n`,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
    await mkdir(at("mine"));
    await appendFile(at("mine/thesis.tex"), "");
  });

  const target = (what: string, ...more: string[]) => [
    "generate",
    "--target",
    what,
    "--out",
    at("never"),
    ...place.sources,
    ...more,
  ];
  const cases: [string, () => string[], RegExp][] = [
    ["a missing file", () => target(at("none.cif")), /none\.cif: no such file/],
    ["an unknown record", () => target("zincblende-XX"), /neither a file nor a record of six/],
    ["a file of another kind", () => target(at("notes.txt")), /notes\.txt: expected one of .*vasprun\.xml.*JSON/],
    ["a truncated target", () => target(at("cut.json")), /cut\.json: .*JSON/],
    ["an unknown element", () => target(at("element.cif")), /element\.cif: .*"Xx"/],
    ["a DOS with NaN", () => target(at("nan.json")), /nan\.json: .*finite number/],
    ["a wrong number of points", () => target(at("points.json")), /points\.json: .*399 points, expected 400/],
    ["overlapping atoms", () => target(at("overlap.cif")), /overlap\.cif: .*atoms 1 and 2/],
    ["a singular cell", () => target(at("singular.cif")), /singular\.cif: .*cell/],
    ["a truncated model", () => target("diamond-Si", "--model", at("cut.safetensors")), /cut\.safetensors/],
    [
      "a predictor as the model",
      () => target("diamond-Si", "--model", place.predictor),
      /expected a denoiser, found a radial-predictor/,
    ],
    [
      "a checkpoint of another shape",
      () => ["import", fixture("model/tiny-shape.ckpt"), "--out", at("never.safetensors")],
      /tiny-shape\.ckpt: .*shape|tiny-shape\.ckpt: .*expected/,
    ],
    [
      "foreign objects in a pickle",
      () => ["import", fixture("model/foreign-os-system.ckpt"), "--out", at("never.safetensors")],
      /foreign-os-system\.ckpt: .*system/,
    ],
    ["a truncated checkpoint", () => ["import", at("cut.ckpt"), "--out", at("never.safetensors")], /cut\.ckpt: /],
    ["a mask beyond the sites", () => target("diamond-Si", "--mask-sites", "0,2"), /site 2 does not exist/],
    [
      "an impossible composition",
      () => target("diamond-Si", "--composition", "Al2O3"),
      /it has 5 atoms, the cell has 2/,
    ],
    [
      "elements that exclude the composition",
      () => target("diamond-Si", "--composition", "SiC", "--elements", "Si"),
      /C is not among the allowed/,
    ],
    ["an empty energy window", () => target("diamond-Si", "--energy-window", "11,12"), /energy window 11 to 12/],
    [
      "a template without what to keep",
      () => target("diamond-Si", "--template", place.structure),
      /--template and --keep go together/,
    ],
    [
      "an unwritable folder",
      () => [...target("diamond-Si", "--count", "1", "--steps", "2"), "--out", join(place.model, "out")],
      /model\.safetensors\/out: a part of the path is a file/,
    ],
    ["a folder of other things", () => target("diamond-Si", "--out", at("mine")), /not empty and holds no run/],
    [
      "a damaged record",
      () => [
        "data",
        "build",
        at("bad.jsonl"),
        "--out",
        at("never-data"),
        "--name",
        "x",
        "--licence",
        "x",
        "--recipe",
        "x",
      ],
      /bad\.jsonl: line 1 \(x\).*400 points/,
    ],
    ["no data set", () => ["data", "info", at("mine")], /dataset\.json: not found/],
    [
      "nothing to resume",
      () => ["train", "--kind", "predictor", "--dataset", place.split, "--out", at("never-run"), "--resume"],
      /nothing to resume/,
    ],
    ["an unknown backend", () => target("diamond-Si", "--backend", "abacus"), /Allowed choices are/],
    ["an unknown option", () => target("diamond-Si", "--quickly"), /unknown option '--quickly'/],
    [
      "a number that is none",
      () => target("diamond-Si", "--count", "many"),
      /Expected a whole number of at least 1, found "many"/,
    ],
    ["no target", () => ["generate", "--out", at("never")], /required option '--target <what>'/],
    ["an unknown command", () => ["genrate"], /unknown command 'genrate'/],
  ];

  it.each(cases)("%s is one clear line and an exit code", async (_, args, message) => {
    const { code, err, out } = await dosmith(args());
    expect({ failed: code === 1 || code === 2, lines: err.trimEnd().split("\n").length, out }).toEqual({
      failed: true,
      lines: 1,
      out: "",
    });
    expect(err).toMatch(/^dosmith: /);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/a bug in dosmith/);
    expect(existsSync(at("never"))).toBe(false);
  });

  it("shows where it comes from with --debug", async () => {
    expect((await dosmith(["predict", at("none.cif"), "--predictor", place.predictor, "--debug"])).err).toMatch(
      /\n {4}at /,
    );
  });
});

describe("a full disk", () => {
  const disk = () => at("disk");
  let mounted = false;

  beforeAll(async () => {
    await mkdir(disk());
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=48k", "tmpfs", disk()], { stdio: "ignore" });
      mounted = true;
    } catch {
      // Only root may mount; elsewhere the case is covered by the words for ENOSPC in the unit tests.
    }
  });
  afterAll(() => {
    if (mounted) execFileSync("umount", [disk()]);
  });

  it("is one clear line; nothing half written is left", async ({ skip }) => {
    if (!mounted) skip();
    const { code, err } = await dosmith(generate(join(disk(), "out")));
    expect(code).toBe(1);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(/^dosmith: .*: not written: the disk is full$/);
    const left = (await readdir(join(disk(), "out"), { recursive: true })).filter((name) => name.endsWith(".tmp"));
    expect(left).toEqual([]);
  });
});
