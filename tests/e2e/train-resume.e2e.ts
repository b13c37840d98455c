import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Inside the checkout, so that the compiled library finds its packages; its own package.json lies above it, as in dist/. */
let library: string;
let folder: string;

beforeAll(async () => {
  await mkdir("node_modules/.cache", { recursive: true });
  folder = await mkdtemp("node_modules/.cache/dosmith-train-");
  library = join(folder, "library");
  const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", library];
  execFileSync(process.execPath, compiler, { stdio: "pipe" });
  await copyFile("package.json", join(folder, "package.json"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the script until it ends, or kills it without warning when `killWhen` says so. */
async function trainIn(run: string, killWhen: (linesNow: number) => boolean): Promise<void> {
  const script = ["tests/e2e/train-resume.mjs", library, "tests/fixtures/data/records.jsonl", run];
  const child = spawn(process.execPath, script, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text) => (errors += String(text)));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  let code: number | null | undefined;
  void ended.then((value) => (code = value));
  const before = lossLines(run).length;
  while (code === undefined) {
    if (killWhen(lossLines(run).length - before)) child.kill("SIGKILL");
    await setTimeout(3);
  }
  if (code !== null) expect(errors).toBe("");
}

function lossLines(run: string): string[] {
  const path = join(run, "losses.txt");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

/** The losses by step; every repetition of a step must have said the same. */
function lossesOf(run: string): Map<string, string> {
  const losses = new Map<string, string>();
  for (const line of lossLines(run)) {
    const [step, loss] = line.split(" ");
    expect(losses.get(step) ?? loss, `step ${step}`).toBe(loss);
    losses.set(step, loss);
  }
  return losses;
}

test("killed at random moments and started again, a training run ends as if nothing had happened", async () => {
  const [calm, troubled] = [join(folder, "calm"), join(folder, "troubled")];
  await Promise.all([calm, troubled].map((run) => mkdir(run)));
  await trainIn(calm, () => false);
  for (let kill = 0; kill < 6; kill++) {
    // Some lines later, and a random moment within that step: computing, writing the state, or writing the model.
    const lines = 6 + Math.floor(Math.random() * 30);
    const killAt = { lines, after: Math.random() * 40, seen: 0 };
    await trainIn(troubled, (now) => {
      if (now >= killAt.lines && killAt.seen === 0) killAt.seen = performance.now();
      return killAt.seen > 0 && performance.now() - killAt.seen > killAt.after;
    });
    if (lossLines(troubled).at(-1) === "finished") break;
  }
  await trainIn(troubled, () => false);
  expect(lossLines(troubled).at(-1)).toBe("finished");
  expect(lossLines(troubled).length).toBeGreaterThan(lossLines(calm).length);
  const found = lossesOf(troubled);
  const expected = lossesOf(calm);
  expect(found.size).toBe(201);
  for (const [step, loss] of expected) expect(found.get(step), `step ${step}`).toBe(loss);
  for (const file of ["model.safetensors", "state.safetensors"])
    expect(readFileSync(join(troubled, file)).equals(readFileSync(join(calm, file))), file).toBe(true);
  // What a killed write leaves behind is at most a temporary file, never one of these names.
  expect(readdirSync(troubled).filter((name) => /^(model|state)\.safetensors$/.test(name))).toHaveLength(2);
});
