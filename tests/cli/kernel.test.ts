import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dosmith } from "./support.js";

let prefix: string;
beforeEach(async () => void (prefix = await mkdtemp(join(tmpdir(), "dosmith-kernelspec-"))));
afterEach(() => rm(prefix, { recursive: true }));

const kernel = (command: string, place = prefix) => dosmith(["kernel", command, "--prefix", place]);
const specFile = () => join(prefix, "share", "jupyter", "kernels", "dosmith", "kernel.json");

test("installs a standard kernelspec, lists it, and removes it", async () => {
  expect((await kernel("list")).out).toContain(`not installed in ${prefix}`);
  expect((await kernel("install")).out).toContain(`installed: dosmith (TypeScript) in ${prefix}`);
  const spec = JSON.parse(await readFile(specFile(), "utf8")) as Record<string, unknown>;
  expect(spec).toMatchObject({
    argv: [process.execPath, ...Array<unknown>(2).fill(expect.any(String)), expect.any(String), "{connection_file}"],
    display_name: "dosmith (TypeScript)",
    language: "typescript",
    interrupt_mode: "message",
  });
  expect((await kernel("list")).out).toMatch(/^dosmith \(TypeScript\): .* -> .*dosmith-kernel\.cjs$/m);
  expect((await kernel("uninstall")).out).toContain(`removed: ${prefix}`);
  expect((await kernel("uninstall")).out).toContain("nothing to remove");
});

test.each([
  ["no JSON", /is not a kernelspec; install again/],
  [JSON.stringify({ argv: ["/no/node", "x.cjs"] }), /\/no\/node does not exist; install again/],
  [JSON.stringify({ argv: [process.execPath, import.meta.filename, "a.cjs"] }), /a\.cjs does not exist; install again/],
])("says why an installed kernel cannot start: %s", async (text, reason) => {
  await kernel("install");
  await writeFile(specFile(), text);
  expect((await kernel("list")).out).toMatch(reason);
});

test("says when the installed kernel is of another version", async () => {
  await kernel("install");
  const text = await readFile(specFile(), "utf8");
  await writeFile(specFile(), text.replace('"message"', '"signal"'));
  expect((await kernel("list")).out).toMatch(/of another version, Node or place of dosmith; install again/);
});

test("refuses a place that is not there", async () => {
  const { code, notes } = await kernel("install", join(prefix, "typo"));
  expect([code, notes]).toEqual([1, [`dosmith: ${join(prefix, "typo")}: no such folder to install into`]]);
});
