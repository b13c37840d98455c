// What the element proposer is worth:  node scripts/proposer-quality.mjs [--model FILE] [--out FILE.json] [VASPRUN_OR_FOLDER ...]
// On the test side of the split (equilibria), as the data have them and as if another program had projected them; on the twins of
// datasets/quantum-espresso; and on outputs of other programs that are named. Their structure is withheld.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { formula } from "dosmith/crystal";
import { isEquilibrium, openDataset } from "dosmith/data";
import { dosFromText, readDosFile, targetFromDos, targetFromRecord } from "dosmith/dos";
import { proposerQuality } from "dosmith/evaluate";
import { elementProposer, loadProposer } from "dosmith/model";
import { createEngine } from "dosmith/runtime";

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: "string", default: here("models/proposer.safetensors") }, out: { type: "string" } },
});
const proposer = elementProposer(await createEngine("compiled-cpu"), await loadProposer(values.model));
const test = [...(await openDataset(here("datasets/pbe-prototypes"))).split().test].filter(isEquilibrium);
const questions = test.map((record) => ({ target: targetFromRecord(record), truth: record.crystal.atomicNumbers }));
const twins = here("datasets/quantum-espresso/spectra.json.gz");
const results = {
  known: { ...(await proposerQuality(proposer, questions, true)), places: undefined },
  "convention withheld": { ...(await proposerQuality(proposer, questions, false)), places: undefined },
  ...(existsSync(twins) && {
    "Quantum ESPRESSO": await foreign(dosFromText(gunzipSync(await readFile(twins)).toString(), twins)),
  }),
  ...(positionals.length > 0 && { "other outputs": await foreign(await readAll(positionals)) }),
};
const text = JSON.stringify(results, rounded, 1);
if (values.out) await writeFile(values.out, `${text}\n`);
console.log(text);

/** @param {import("dosmith/dos").DosFile[]} files */
async function foreign(files) {
  const asked = files.flatMap((file) => {
    const { crystal, siteDos, source } = file;
    if (!crystal || !siteDos || crystal.atomicNumbers.length > 8) return [];
    try {
      const name = source.split(/[#/]/).at(-1);
      return [{ target: targetFromDos(file), truth: crystal.atomicNumbers, name }];
    } catch (error) {
      console.error(`left out: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
  const quality = await proposerQuality(proposer, asked, false);
  const shown = quality.places.map(({ rank, first }, i) => {
    const { truth, name } = asked[i];
    return [
      `${formula(truth)} (${name})`,
      rank === 1 ? 1 : `${rank === Infinity ? "beyond 16" : rank}, after ${formula(first)}`,
    ];
  });
  return { ...quality, calibration: undefined, places: Object.fromEntries(shown) };
}

/** @param {string[]} paths */
async function readAll(paths) {
  const files = [];
  for (const path of paths) {
    try {
      files.push(await readDosFile(path));
    } catch (error) {
      console.error(`left out: ${error instanceof Error ? error.message : error}`);
    }
  }
  return files;
}

/**
 * @param {string} _name
 * @param {unknown} value
 */
function rounded(_name, value) {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
