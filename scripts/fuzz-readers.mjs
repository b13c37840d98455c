// Damages real files and gives them to the readers: each must be refused in words or read whole, within two seconds.
//   node scripts/fuzz-readers.mjs [cases a file, default 2000] [seed] [files ...]
// Files: those of tests/fixtures/dos, and of Debian's pymatgen-test-files where it is installed.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { dosFromText, parseVasprun, resampleDos, standardGrid, targetFromDos } from "dosmith/dos";
import { damaged, randomOf, wrongAnswer, wrongError } from "./fuzz-parts.mjs";

const [cases = "2000", seed = "1", ...named] = process.argv.slice(2);
const fixtures = fileURLToPath(new URL("../tests/fixtures/dos", import.meta.url));
const debian = "/usr/share/doc/pymatgen-test-files/examples/test_files";
const slowest = 2000;

const files = named.length > 0 ? named : [...filesIn(fixtures), ...(existsSync(debian) ? someOfDebian() : [])];
let wrong = 0;
for (const path of files) wrong += await fuzz(path);
console.log(wrong === 0 ? "every case was refused in words or read whole" : `${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder)
    .filter((name) => /vasprun|dos\.json/.test(name))
    .map((name) => join(folder, name));
}

function someOfDebian() {
  const names = [
    "vasprun.xml.LiF",
    "static_silicon/vasprun.xml",
    "fe_monomer/vasprun.xml",
    "vasprun.xml.indirect.gz",
    "complete_dos.json",
  ];
  return names.map((name) => join(debian, name));
}

/** @param {string} path */
async function fuzz(path) {
  const bytes = readFileSync(path);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("latin1");
  const random = randomOf(Number(seed));
  const count = { refused: 0, wrong: 0, longest: 0 };
  for (let i = 0; i < Number(cases); i++) {
    const variant = damaged(text, random);
    const start = performance.now();
    const problem = await problemOf(variant, text.startsWith("<"), count);
    const took = performance.now() - start;
    count.longest = Math.max(count.longest, took);
    if (problem ?? took > slowest) {
      count.wrong++;
      console.log(`${path}: case ${i} (seed ${seed}): ${problem ?? `${took.toFixed(0)} ms`}`);
    }
  }
  const share = ((100 * count.refused) / Number(cases)).toFixed(0);
  console.log(
    `${path}: ${cases} cases, ${share}% refused, ${count.wrong} wrong, at most ${count.longest.toFixed(0)} ms`,
  );
  return count.wrong;
}

/**
 * @param {string} variant
 * @param {boolean} xml
 * @param {{ refused: number }} count
 */
async function problemOf(variant, xml, count) {
  try {
    const file = xml ? await parseVasprun(pieces(variant), "some.file") : dosFromText(variant, "some.file")[0];
    const values = resampleDos(file, standardGrid).siteDos?.values ?? [];
    const problem = wrongAnswer(file) ?? (values.every(Number.isFinite) ? undefined : "not finite on the grid");
    return (
      problem ??
      (targetFromDos(file).siteDos?.values.every(Number.isFinite) === false ? "target not finite" : undefined)
    );
  } catch (error) {
    count.refused++;
    return wrongError(error, "some.file");
  }
}

/** @param {string} text */
async function* pieces(text) {
  yield Buffer.from(text, "latin1");
}
