import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { dosmith, makeWorkplace, type Workplace } from "./support.js";

let place: Workplace;
let run: string;

beforeAll(async () => {
  place = await makeWorkplace();
  run = join(place.folder, "run");
  const settings = ["--target", "zincblende-ZnS", "--count", "3", "--steps", "6", "--seed", "3"];
  expect(await dosmith(["generate", ...settings, "--out", run, ...place.sources])).toMatchObject({ code: 0 });
}, 120_000);

describe("dosmith verify: bad input costs one line and changes nothing", () => {
  it("no GPAW: the one command that installs it", async () => {
    const before = await readFile(join(run, "summary.csv"), "utf8");
    const { code, notes } = await dosmith(["verify", run, "--python", "no-such-python"]);
    expect(code).toBe(1);
    expect(notes.at(-1)).toMatch(
      /gpaw was not found \(no-such-python: no such program\)\. Install it: sudo apt-get install gpaw/,
    );
    expect(await readFile(join(run, "summary.csv"), "utf8")).toBe(before);
  });

  it("no run", async () => {
    const { code, notes } = await dosmith(["verify", place.folder]);
    expect({ code, note: notes.at(-1) }).toEqual({
      code: 1,
      note: `dosmith: ${join(place.folder, "run.json")}: no such file or folder`,
    });
  });

  it("an unfinished run: the command that finishes it", async () => {
    const part = join(place.folder, "part");
    await cp(run, part, { recursive: true });
    const lines = (await readFile(join(run, "crystals.jsonl"), "utf8")).split("\n");
    await writeFile(join(part, "crystals.jsonl"), `${lines[0]}\n`);
    const { code, notes } = await dosmith(["verify", part]);
    expect(code).toBe(1);
    expect(notes.at(-1)).toContain(
      "1 of 3 crystals are there; finish the run first: dosmith generate --target zincblende-ZnS",
    );
  });
});
