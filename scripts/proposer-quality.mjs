// What the element proposer is worth:  node scripts/proposer-quality.mjs [MODEL] [--out FILE.json] [VASPRUN_OR_FOLDER ...]
// On the test side of the split (equilibria), as the data have them and as if another program had projected them; on the twins of
// datasets/quantum-espresso; and on real outputs of other programs that are named, whose structure is withheld.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { existsSync } from "node:fs";
import { formula } from "../dist/crystal/index.js";
import { isEquilibrium, openDataset } from "../dist/data/index.js";
import { dosFromText, readDosFile, targetFromDos, targetFromRecord } from "../dist/dos/index.js";
import { calibrationCurve, compositionRecall, formulaRank } from "../dist/evaluate/index.js";
import { elementProposer, equalSites, loadProposer, proposeCompositions } from "../dist/model/index.js";
import { createEngine } from "../dist/runtime/index.js";

const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const args = process.argv.slice(2);
const out = args.includes("--out") ? args.splice(args.indexOf("--out"), 2)[1] : undefined;
const [modelPath = here("models/proposer.safetensors"), ...foreignPaths] = args;
const among = [1, 3, 4, 8, 16];
const proposer = elementProposer(await createEngine("compiled-cpu"), await loadProposer(modelPath));
const test = [...(await openDataset(here("datasets/pbe-prototypes"))).split().test].filter(isEquilibrium);
const twins = here("datasets/quantum-espresso/spectra.json.gz");

const targets = test.map((record) => ({ target: targetFromRecord(record), truth: record.crystal.atomicNumbers }));
const results = {
  targets: test.length,
  known: await judge(targets, true),
  "convention withheld": await judge(targets, false),
  ...(existsSync(twins) && {
    "Quantum ESPRESSO": await judgeForeign(dosFromText(gunzipSync(await readFile(twins)).toString(), twins)),
  }),
  ...(foreignPaths.length > 0 && { "other outputs": await judgeForeign(await readAll(foreignPaths)) }),
};
if (out) await writeFile(out, `${JSON.stringify(results, rounded, 1)}\n`);
console.log(JSON.stringify(results, rounded, 1));

async function judge(questions, knownConvention, names) {
  const forecasts = [];
  const answers = [];
  let among3 = 0;
  for (const { target, truth } of questions) {
    const { sites } = await proposer.propose(target, { knownConvention });
    sites.forEach(([first, second, third], i) => {
      forecasts.push({ probability: first.probability, right: first.atomicNumber === truth[i] });
      if ([first, second, third].some((x) => x?.atomicNumber === truth[i])) among3++;
    });
    const { compositions } = proposeCompositions(sites, { groups: equalSites(target.siteDos) });
    answers.push({ answers: compositions.map(({ atomicNumbers }) => atomicNumbers), truth });
  }
  const { bins, expectedError } = calibrationCurve(forecasts);
  const right = forecasts.filter((f) => f.right).length / forecasts.length;
  const places = names && { places: Object.fromEntries(answers.map((a, i) => [names[i], placeOf(a)])) };
  return {
    sites: forecasts.length,
    siteFirst: right,
    siteAmong3: among3 / forecasts.length,
    expectedCalibrationError: expectedError,
    compositionAmong: compositionRecall(answers, among),
    calibration: bins,
    ...places,
  };
}

/** "2: LiF" where the truth is second and the first is LiF. */
function placeOf(answer) {
  const rank = formulaRank(answer);
  return `${rank === Infinity ? "beyond 16" : rank}${rank > 1 ? `: ${formula(answer.answers[0])}` : ""}`;
}

async function judgeForeign(files) {
  const usable = files.filter(({ crystal, siteDos }) => crystal && siteDos && crystal.atomicNumbers.length <= 8);
  const questions = usable.flatMap((file) => {
    try {
      return [{ target: targetFromDos(file), truth: file.crystal.atomicNumbers, name: nameOf(file) }];
    } catch (error) {
      console.error(`left out: ${error.message}`);
      return [];
    }
  });
  return {
    targets: questions.length,
    ...(await judge(
      questions,
      false,
      questions.map(({ name }) => name),
    )),
  };
}

function nameOf({ source, crystal }) {
  return `${formula(crystal.atomicNumbers)} ${source.split(/[#/]/).at(-1)}`;
}

async function readAll(paths) {
  const files = [];
  for (const path of paths) {
    try {
      files.push(await readDosFile(path));
    } catch (error) {
      console.error(`left out: ${error.message}`);
    }
  }
  return files;
}

function rounded(_, value) {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
