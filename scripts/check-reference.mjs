// Compares this package with numbers of the reference implementation:
//   npm run check:reference -- FILE... [--backends eager-cpu,compiled-cpu]
// Needs a build (npm run build). Ends with 1 if a comparison fails or a file cannot be read, with 2 if no file is named.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

const library = await import("../dist/evaluate/reference/index.js").catch((cause) => {
  console.error(`check:reference needs a build: run "npm run build" first (${cause.message})`);
  process.exit(2);
});
const { createEngine } = await import("../dist/runtime/index.js");

const widths = [56, 13, 14, 10];
const line = (cells) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");

const { positionals: files, values } = parseArgs({
  allowPositionals: true,
  options: { backends: { type: "string", default: "eager-cpu,compiled-cpu" } },
});
if (files.length === 0) {
  console.error("usage: npm run check:reference -- FILE...  (files of the form of dosmatgen-reference.json)");
  process.exit(2);
}

const engines = [];
for (const name of values.backends.split(",")) engines.push(await createEngine(name));
let allPass = true;
for (const fileName of files) allPass = (await checkFile(fileName)) && allPass;
for (const engine of engines) engine.dispose();
process.exitCode = allPass ? 0 : 1;

/** Prints the table of a file; true when everything that it allows to compare agrees. */
async function checkFile(fileName) {
  console.log(`\n${fileName}\n${line(["quantity", "backend", "largest error", "tolerance", "verdict"])}`);
  const verdicts = { pass: 0, fail: 0, "not in the file": 0 };
  try {
    const file = library.parseReferenceFile(await readFile(fileName, "utf8"), fileName);
    for await (const row of library.checkReference(file, engines)) {
      console.log(line(cells(row)));
      verdicts[row.verdict]++;
    }
  } catch (error) {
    console.error(`error: ${error.message}`);
    return false;
  }
  console.log(`${verdicts.pass} pass, ${verdicts.fail} fail, ${verdicts["not in the file"]} not in the file`);
  if (verdicts.pass + verdicts.fail === 0) console.error(`error: ${fileName}: holds nothing that can be compared`);
  return verdicts.fail === 0 && verdicts.pass > 0;
}

function cells({ quantity, backend, error, tolerance, verdict, note }) {
  const shown = error === undefined ? "" : error.toExponential(2);
  return [
    quantity,
    backend,
    shown,
    tolerance === undefined ? "" : String(tolerance),
    note ? `${verdict} (${note})` : verdict,
  ];
}
