// Damaged files for the readers, and what must hold whatever they are given. Used by tests/dos/fuzz.test.ts (thousands of
// cases) and scripts/fuzz-readers.mjs (as many as one likes).

/** @typedef {() => number} Random  uniform in [0, 1) */

/** Random numbers in [0, 1) that depend on the seed only (mulberry32). @param {number} seed @returns {Random} */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const oddNumbers = [
  "********",
  "NaN",
  "1e999",
  "-",
  "",
  "0x10",
  "-Infinity",
  "1.2.3",
  "null",
  "0.1-300",
  "1e308",
  "-1e308",
];
const oddPieces = [
  "<",
  ">",
  "&",
  "&bad;",
  "</set>",
  "<r>",
  "<dos>",
  "\u0000",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "]]>",
  "<!--",
];

/** One damage or a few: cut off, pieces removed, repeated, moved or replaced, numbers made odd, bytes changed. @param {string} text @param {Random} random */
export function damaged(text, random) {
  let out = text;
  const times = random() < 0.7 ? 1 : 1 + Math.floor(4 * random());
  for (let i = 0; i < times; i++) out = pick(damages, random)(out, random);
  return out;
}

const place = (/** @type {string} */ text, /** @type {Random} */ random) => Math.floor(random() * (text.length + 1));
/** @template T @param {readonly T[]} list @param {Random} random @returns {T} */
const pick = (list, random) => /** @type {T} */ (list[Math.floor(random() * list.length)]);

/** Start and end of a span: a few characters, or up to a tenth of the text. @param {string} text @param {Random} random @returns {[number, number]} */
function span(text, random) {
  const from = place(text, random);
  return [from, from + Math.ceil(random() * (random() < 0.5 ? 12 : text.length / 10))];
}

/** @type {((text: string, random: Random) => string)[]} */
const damages = [
  (text, random) => text.slice(0, place(text, random)),
  (text, random) => {
    const [from, to] = span(text, random);
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const [from, to] = span(text, random);
    return text.slice(0, to) + text.slice(from);
  },
  (text, random) => {
    const [from, to] = span(text, random);
    const at = place(text, random);
    return text.slice(0, at) + text.slice(from, to) + text.slice(at);
  },
  (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + pick(oddPieces, random) + text.slice(at + (random() < 0.5 ? 1 : 0));
  },
  (text, random) => {
    const at = place(text, random);
    return text.slice(0, at) + String.fromCharCode(Math.floor(256 * random())) + text.slice(at + 1);
  },
  (text, random) => {
    const at = place(text, random);
    const found = /-?\d+(\.\d+)?/.exec(text.slice(at, at + 400));
    if (!found) return text;
    const start = at + found.index;
    return text.slice(0, start) + pick(oddNumbers, random) + text.slice(start + found[0].length);
  },
  (text, random) => {
    const lines = text.split("\n");
    const at = Math.floor(random() * lines.length);
    if (random() < 0.5) lines.splice(at, 1);
    else lines.splice(at, 0, pick(lines, random));
    return lines.join("\n");
  },
  (text, random) => {
    const at = place(text, random);
    const found = /<\/?\w+|"\w+"/.exec(text.slice(at, at + 2000));
    if (!found) return text;
    const start = at + found.index;
    return (
      text.slice(0, start) +
      found[0].replace(/\w+/, pick(["x", "set", "energies", "r", "y"], random)) +
      text.slice(start + found[0].length)
    );
  },
];

/** What is wrong with a reader's answer, or undefined when nothing is. @param {import("dosmith/dos").DosFile} file */
export function wrongAnswer(file) {
  const n = file.energies.length;
  const rows = [...(file.siteDos ?? []), ...(file.totalDos ? [file.totalDos] : [])];
  if (n < 2 || rows.length === 0) return `${n} energies, ${rows.length} spectra`;
  if (!file.energies.every((e, i) => Number.isFinite(e) && (i === 0 || e > (file.energies[i - 1] ?? Infinity))))
    return "energies do not rise";
  if (rows.some((row) => row.length !== n)) return "spectra of other lengths";
  if (!rows.every((row) => row.every(Number.isFinite))) return "a value that is no finite number";
  if (file.known.some(Number.isNaN) || !Number.isFinite(file.sigma)) return "known or sigma is no number";
  if (file.fermiEnergy !== null && !Number.isFinite(file.fermiEnergy)) return "the Fermi level is no number";
  const { crystal, siteDos } = file;
  if (crystal && siteDos && crystal.atomicNumbers.length !== siteDos.length) return "other sites than atoms";
  if (crystal && ![...crystal.latticeMatrix, ...crystal.fracCoords].every((v) => v.every(Number.isFinite)))
    return "the structure has a number that is none";
  return undefined;
}

/** What is wrong with an error, or undefined when it is one a user can read: it names the file, and is no bug. @param {unknown} error @param {string} name */
export function wrongError(error, name) {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  for (let cause = /** @type {unknown} */ (error); cause instanceof Error; cause = cause.cause)
    if (cause instanceof TypeError || cause instanceof ReferenceError || cause instanceof RangeError)
      return `a bug: ${cause.stack}`;
  if (!error.message.includes(name)) return `does not name the file: ${error.message}`;
  if (error.message.length > 1000) return `too long: ${error.message.length} characters`;
  return undefined;
}
