// Which mutants are made. Of what StrykerJS can do to a line only kinds and ranges can be chosen by its options; a seeded sample
// of single mutants is drawn here, between its mutators and its instrumenter.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/**
 * Babel's, as far as they are used here.
 * @typedef {{ type: string, start?: number | null, end?: number | null, loc?: { start: Place, end: Place } | null } & Record<string, any>} Node
 * @typedef {object} NodePath
 * @property {Node} node
 * @property {NodePath | null} parentPath
 * @property {(test: (path: NodePath) => boolean) => NodePath | null} findParent
 * @property {() => boolean} isThrowStatement
 * @property {() => boolean} isCallExpression
 * @property {() => boolean} isExpressionStatement
 * @typedef {{ line: number, column: number }} Place
 * @typedef {{ name: string, mutate: (path: NodePath) => Iterable<Node> }} Mutator
 */

/**
 * One change of one place. Its `id` is made of the code that is changed, not of its line, and so lasts while other lines change.
 * @typedef {{ id: string, file: string, line: number, kind: string, original: string, replacement: string }} Mutant
 */

// The list that the instrumenter works through; the package does not export it.
const index = import.meta.resolve("@stryker-mutator/instrumenter");
/** @type {{ allMutators: Mutator[] }} */
const { allMutators } = await import(new URL("mutators/mutate.js", index).href);
/** The instrumenter's own printer of code. @type {{ default: (node: Node) => { code: string } }} */
const { default: generate } = createRequire(index)("@babel/generator");

/** Arithmetic, comparisons, conditions and bounds; no strings, no messages, no emptied blocks. */
const kinds = new Set([
  ...["ArithmeticOperator", "AssignmentOperator", "UnaryOperator", "UpdateOperator", "TensorOperation"],
  ...["EqualityOperator", "ConditionalExpression", "LogicalOperator", "MethodExpression"],
]);
const bounds = new Set(["min", "max", "every", "some"]);

const swaps = [
  ["add", "sub"],
  ["mul", "div"],
  ["minimum", "maximum"],
  ["less", "greater"],
  ["sin", "cos"],
];
const swapped = new Map(
  swaps.flatMap(
    ([a = "", b = ""]) =>
      /** @type {const} */ ([
        [a, b],
        [b, a],
      ]),
  ),
);

/** Stryker knows operators of numbers; here the numbers are tensors: `x.add(y)` becomes `x.sub(y)`. @type {Mutator} */
const tensorOperations = {
  name: "TensorOperation",
  *mutate(path) {
    if (!path.isCallExpression() || path.parentPath?.isExpressionStatement()) return;
    const { callee } = path.node;
    const other = callee.type === "MemberExpression" && swapped.get(callee.property.name);
    if (!other) return;
    yield { ...path.node, callee: { ...callee, property: { ...callee.property, name: other } } };
  },
};

/** What the mutators are asked about now. */
const current = { file: "", text: "", root: "", seen: new Map() };
/** @type {(mutant: Mutant) => boolean} */
let isWanted = () => true;
/** @type {Map<string, Mutant>} */
const made = new Map();

/**
 * All mutants of these files, in the files' order.
 * @param {string} root
 * @param {readonly string[]} files relative to it
 * @returns {Promise<Mutant[]>}
 */
export async function mutantsOf(root, files) {
  made.clear();
  placeOnly(root, () => true);
  const silent = { debug() {}, info() {}, warn() {}, isDebugEnabled: () => false };
  const sources = await Promise.all(
    files.map(async (name) => ({
      name: join(root, name),
      mutate: true,
      content: await readFile(join(root, name), "utf8"),
    })),
  );
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: true };
  await new Instrumenter(/** @type {any} */ (silent)).instrument(sources, /** @type {any} */ (options));
  return [...made.values()];
}

/**
 * Makes Stryker, in this process, place only these mutants.
 * @param {string} root
 * @param {(mutant: Mutant) => boolean} wanted
 */
export function placeOnly(root, wanted) {
  current.root = root;
  isWanted = wanted;
}

/**
 * The mutant that a result is about.
 * @param {{ fileName: string, location: { start: Place, end: Place }, mutatorName: string, replacement?: string }} result
 */
export function mutantOf({ fileName, location: { start, end }, mutatorName, replacement }) {
  // Reports count lines and columns from 1, the instrumenter from 0.
  const from0 = (/** @type {Place} */ { line, column }) => ({ line: line - 1, column: column - 1 });
  return made.get(
    key(relative(current.root, fileName), { start: from0(start), end: from0(end) }, mutatorName, replacement ?? ""),
  );
}

/**
 * The `count` mutants that a seed draws. Which they are depends on each mutant's own code: another edit changes few of them.
 * @param {readonly Mutant[]} mutants
 * @param {number} count
 * @param {number} seed
 */
export function sample(mutants, count, seed) {
  const ticket = (/** @type {Mutant} */ { id }) => digest(`${seed} ${id}`);
  return mutants
    .map((mutant) => ({ mutant, ticket: ticket(mutant) }))
    .sort((a, b) => (a.ticket < b.ticket ? -1 : 1))
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

for (const mutator of [...allMutators.filter(({ name }) => kinds.has(name)), tensorOperations]) {
  const { mutate } = mutator;
  mutator.mutate = function* (path) {
    if (isMessage(path)) return;
    for (const replacement of mutate(path)) {
      if (mutator.name === "MethodExpression" && !isBound(path)) continue;
      if (isWanted(noted(path, mutator.name, replacement))) yield replacement;
    }
  };
}
for (const mutator of allMutators.filter(({ name }) => !kinds.has(name))) mutator.mutate = () => [];
allMutators.push(tensorOperations);

const { instrument } = Instrumenter.prototype;
Instrumenter.prototype.instrument = /** @type {typeof instrument} */ (
  function (/** @type {any} */ files, /** @type {any} */ options) {
    /** @type {(ast: { originFileName: string, rawContent: string }, ...rest: unknown[]) => unknown} */
    const transform = Reflect.get(this, "_transform");
    /** @type {typeof transform} */
    const watched = (ast, ...rest) => {
      Object.assign(current, {
        file: relative(current.root, ast.originFileName),
        text: ast.rawContent,
        seen: new Map(),
      });
      return transform(ast, ...rest);
    };
    Reflect.set(this, "_transform", watched);
    return instrument.call(this, files, options);
  }
);

/** Whether it stands in what an error says. @param {NodePath} path */
function isMessage(path) {
  return path.isThrowStatement() || path.findParent((parent) => parent.isThrowStatement()) !== null;
}

/** @param {NodePath} path */
function isBound({ node }) {
  const callee = node.type === "CallExpression" && node.callee;
  return callee && callee.type === "MemberExpression" && bounds.has(callee.property.name);
}

/**
 * @param {NodePath} path
 * @param {string} kind
 * @param {Node} replacement
 * @returns {Mutant}
 */
function noted({ node }, kind, replacement) {
  const { start, end, loc } = node;
  if (start == null || end == null || !loc) throw new Error(`${current.file}: a node without its place`);
  const original = current.text.slice(start, end);
  const code = generate(replacement).code;
  // The same change of the same code occurs more than once in a file: they count from 1.
  const change = [current.file, kind, original, code].join("\n");
  const occurrence = (current.seen.get(change) ?? 0) + 1;
  current.seen.set(change, occurrence);
  const mutant = {
    id: digest(`${change}\n${occurrence}`).slice(0, 12),
    ...{ file: current.file, line: loc.start.line, kind, original, replacement: code },
  };
  made.set(
    key(
      current.file,
      { start: { ...loc.start, line: loc.start.line - 1 }, end: { ...loc.end, line: loc.end.line - 1 } },
      kind,
      code,
    ),
    mutant,
  );
  return mutant;
}

/**
 * @param {string} file
 * @param {{ start: Place, end: Place }} loc
 * @param {string} kind
 * @param {string} code
 */
function key(file, { start, end }, kind, code) {
  return JSON.stringify([file, start.line, start.column, end.line, end.column, kind, code]);
}

/** @param {string} text */
function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
