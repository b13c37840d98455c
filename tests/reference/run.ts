// Compares this package with numbers of the reference implementation:
//   npm run check:reference -- FILE... [--backends eager-cpu,compiled-cpu]
// Ends with 1 if a comparison fails or a file cannot be read, with 2 if no file is named.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { BackendName, Engine } from "../../src/runtime/index.js";
import { createEngine } from "../../src/runtime/index.js";
import { checkReference, parseReferenceFile, type ReferenceRow } from "./index.js";

const widths = [56, 13, 14, 10];
const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");

const { positionals: files, values } = parseArgs({
  allowPositionals: true,
  options: { backends: { type: "string", default: "eager-cpu,compiled-cpu" } },
});
if (files.length === 0) {
  console.error("usage: npm run check:reference -- FILE...  (files of the form of dosmatgen-reference.json)");
  process.exit(2);
}

const engines: Engine[] = [];
for (const name of values.backends.split(",")) engines.push(await createEngine(name as BackendName));
let allPass = true;
for (const fileName of files) allPass = (await checkFile(fileName)) && allPass;
for (const engine of engines) engine.dispose();
process.exitCode = allPass ? 0 : 1;

/** Prints the table of a file; true when everything that it allows to compare agrees. */
async function checkFile(fileName: string): Promise<boolean> {
  console.log(`\n${fileName}\n${line(["quantity", "backend", "largest error", "tolerance", "verdict"])}`);
  const verdicts = { pass: 0, fail: 0, "not in the file": 0 };
  try {
    const file = parseReferenceFile(await readFile(fileName, "utf8"), fileName);
    for await (const row of checkReference(file, engines)) {
      console.log(line(cells(row)));
      verdicts[row.verdict]++;
    }
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    return false;
  }
  console.log(`${verdicts.pass} pass, ${verdicts.fail} fail, ${verdicts["not in the file"]} not in the file`);
  if (verdicts.pass + verdicts.fail === 0) console.error(`error: ${fileName}: holds nothing that can be compared`);
  return verdicts.fail === 0 && verdicts.pass > 0;
}

function cells({ quantity, backend, error, tolerance, verdict, note }: ReferenceRow): string[] {
  const shown = error === undefined ? "" : error.toExponential(2);
  return [
    quantity,
    backend,
    shown,
    tolerance === undefined ? "" : String(tolerance),
    note ? `${verdict} (${note})` : verdict,
  ];
}
