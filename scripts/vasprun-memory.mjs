// Reads a vasprun.xml of hundreds of MB, made of a real one by repeating its ionic steps, and prints the time and the most
// memory that the reader needed (of a process of its own), beside that for the real one.
//   node scripts/vasprun-memory.mjs [size in MB, default 300] [vasprun.xml, default one of tests/fixtures/dos]
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const library = import.meta.resolve("dosmith/dos");
const [size = "300", source = fileURLToPath(new URL("../tests/fixtures/dos/Si-spin.vasprun.xml.gz", import.meta.url))] =
  process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "dosmith-vasprun-"));
try {
  const small = join(folder, "small.xml");
  const large = join(folder, "large.xml");
  enlarge(small, 0);
  enlarge(large, Number(size) * 1e6);
  const [first, second] = [read(small), read(large)];
  if (first.check !== second.check) throw new Error("the two answers differ");
  console.log(
    `${megabytes(second.peak - first.peak)} MB more for ${megabytes(second.bytes - first.bytes)} MB more; the answers are equal`,
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** The real file with its last calculation repeated until it is large enough. @param {string} path @param {number} bytes */
function enlarge(path, bytes) {
  const packed = readFileSync(source);
  const text = (packed[0] === 0x1f ? gunzipSync(packed) : packed).toString("latin1");
  const from = text.lastIndexOf("<calculation>");
  const to = text.lastIndexOf("</calculation>") + "</calculation>".length;
  const calculation = Buffer.from(text.slice(from, to), "latin1");
  const file = openSync(path, "w");
  writeSync(file, Buffer.from(text.slice(0, to), "latin1"));
  for (let written = text.length; written < bytes; written += calculation.length) writeSync(file, calculation);
  writeSync(file, Buffer.from(text.slice(to), "latin1"));
  closeSync(file);
}

/** One reading in a process of its own: its time and peak memory, and a sum of what it read. @param {string} path */
function read(path) {
  const code = `
    const { readDosFile } = await import(${JSON.stringify(library)});
    const start = performance.now();
    const { siteDos } = await readDosFile(${JSON.stringify(path)});
    const seconds = (performance.now() - start) / 1000;
    const check = siteDos.flatMap((row) => [...row]).reduce((sum, value, i) => sum + value * (i % 97), 0);
    console.log(JSON.stringify({ seconds, check, peak: process.resourceUsage().maxRSS * 1024 }));`;
  const result = JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" }));
  const bytes = statSync(path).size;
  console.log(`${megabytes(bytes)} MB: ${result.seconds.toFixed(1)} s, at most ${megabytes(result.peak)} MB of memory`);
  return { ...result, bytes };
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}
