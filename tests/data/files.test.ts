import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendLine, readJsonLines, writeFileAtomic } from "../../src/data/index.js";
import { temporaryFolder } from "./helpers.js";

async function* pieces(...values: (string | Error)[]) {
  for (const value of values) {
    if (value instanceof Error) throw value;
    yield await Promise.resolve(value);
  }
}

describe("writeFileAtomic", () => {
  it("writes text, bytes and pieces, and makes missing folders", async () => {
    const folder = await temporaryFolder();
    await writeFileAtomic(join(folder, "a/b.txt"), "text");
    await writeFileAtomic(join(folder, "a/b.txt"), Uint8Array.of(65));
    expect(await readFile(join(folder, "a/b.txt"), "utf8")).toBe("A");
    await writeFileAtomic(join(folder, "c.txt"), pieces("one ", "two"));
    expect(await readFile(join(folder, "c.txt"), "utf8")).toBe("one two");
    expect(await readdir(folder)).toEqual(["a", "c.txt"]);
  });

  it("leaves the old file and no rubbish when the source breaks off", async () => {
    const path = join(await temporaryFolder(), "c.txt");
    await writeFileAtomic(path, "old");
    await expect(writeFileAtomic(path, pieces("new", new Error("boom")))).rejects.toThrow(`${path}: not written: boom`);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(join(path, ".."))).toEqual(["c.txt"]);
  });

  it("removes its temporary file when the name is taken by a folder", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "taken/inside"), { recursive: true });
    await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toThrow(/taken: not written/);
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it("says in plain words that the disk is full", async () => {
    await expect(appendLine("/dev/full", "x")).rejects.toThrow("/dev/full: not written: the disk is full");
  });
});

describe("JSON lines", () => {
  const read = async (path: string) => {
    const values: unknown[] = [];
    const unfinished: number[] = [];
    for await (const { value } of readJsonLines(path, (line) => unfinished.push(line))) values.push(value);
    return { values, unfinished };
  };

  it("reads back appended lines, plain and gzip, across chunks", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "x.jsonl");
    const long = "ä".repeat(100_000);
    for (const value of [1, long, { a: 2 }]) await appendLine(path, JSON.stringify(value));
    expect((await read(path)).values).toEqual([1, long, { a: 2 }]);
    await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
    expect((await read(`${path}.gz`)).values).toEqual([1, long, { a: 2 }]);
  });

  it("leaves an unfinished last line out, even one that happens to be JSON, and says so", async () => {
    const path = join(await temporaryFolder(), "x.jsonl");
    await writeFile(path, '{"a":1}\n\n12');
    expect(await read(path)).toEqual({ values: [{ a: 1 }], unfinished: [3] });
  });

  it("refuses a broken line with its number, a cut gzip file, a missing file", async () => {
    const path = join(await temporaryFolder(), "x.jsonl");
    await writeFile(path, '1\n{"a":\n2\n');
    await expect(read(path)).rejects.toThrow(`${path}: line 2: not JSON`);
    await writeFile(`${path}.gz`, gzipSync("1\n".repeat(9999)).subarray(0, 40));
    await expect(read(`${path}.gz`)).rejects.toThrow(/x\.jsonl\.gz: .*unexpected end/);
    await expect(read(`${path}.none`)).rejects.toThrow(/x\.jsonl\.none/);
  });
});
