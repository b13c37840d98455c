import { appendFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLineStore, toCsv } from "../../src/workbench/index.js";

describe("line store", () => {
  it("forgets half a line, and goes on after it", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "dosmith-lines-")), "x.jsonl");
    const store = await openLineStore(path, { read: Number });
    await store.append(1);
    await store.append(2);
    await appendFile(path, "3");
    const again = await openLineStore(path, { read: Number });
    expect(again.kept).toEqual([1, 2]);
    await again.append(4);
    expect((await openLineStore(path, { read: Number })).kept).toEqual([1, 2, 4]);
  });
  it("names the line that it cannot read", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "dosmith-lines-")), "x.jsonl");
    await writeFile(path, "1\nnull\n");
    const refuse = (value: unknown) => {
      if (value === null) throw new Error("nothing");
      return value;
    };
    await expect(openLineStore(path, { read: refuse })).rejects.toThrow(`${path}: line 2: nothing`);
  });
});

describe("CSV", () => {
  it("quotes what must be quoted", () => {
    expect(toCsv([{ a: 'x,"y"', b: null, c: true }])).toBe('a,b,c\n"x,""y""",,true\n');
  });
});
