"use strict";
/** tslab's parts, with a compiler that finds packages as Node does and remembers where each line came from. */
const path = require("node:path");
const { createRequire, SourceMap } = require("node:module");
const { interruptible } = require("./interruptible.cjs");

/**
 * @typedef {new (...args: any[]) => any} Class
 * @typedef {typeof import("typescript")} Compiler  of another version, whose part that is used here is the same
 * @typedef {ReturnType<typeof loadTslab>} Tslab
 * @typedef {readonly string[]} SourceMaps  of the two steps, the last one first
 * @typedef {{ path: string, data: string }} CompiledFile
 * @typedef {object} Conversion  what tslab makes of a cell
 * @property {string} output
 * @property {string} [declOutput]
 * @property {string} [lastExpressionVar]
 * @property {readonly import("./errors.cjs").Diagnostic[]} diagnostics
 * @property {readonly CompiledFile[]} [sideOutputs]
 * @typedef {object} Converter
 * @property {(declarations: string, code: string) => Conversion} convert
 * @property {(declarations: string, code: string, position: number) => unknown} complete
 * @property {(declarations: string, code: string, position: number) => import("typescript").QuickInfo | undefined} inspect
 * @property {() => void} close
 */

const testedVersion = "1.0.22";

/** This package: the folder above kernels/. */
const root = path.dirname(path.dirname(__dirname));
const packageRequire = createRequire(path.join(root, "package.json"));

/** @throws Error when tslab is missing, or another version than the one whose internals are used here. */
function loadTslab() {
  const manifest = packageRequire.resolve("tslab/package.json");
  const { version } = packageRequire(manifest);
  if (version !== testedVersion)
    throw new Error(
      `${manifest}: expected tslab ${testedVersion}, found ${version}; install the packages of ${root} again`,
    );
  const load = createRequire(manifest);
  /** @type {Map<string, SourceMaps>} */
  const sourceMaps = new Map();
  const ts = replaceExports(load.resolve("@tslab/typescript-for-tslab"), load, (original) => ({
    createWatchCompilerHost: compilerHost(original, load),
    transpileModule: transpiler(original, sourceMaps),
  }));
  return {
    ts,
    /** @type {(options: { isJS: boolean, isBrowser: boolean }) => Converter} */
    createConverter: load("./dist/converter").createConverter,
    /** @type {{ JupyterHandlerImpl: Class, ZmqServer: Class, lastWriteDisplayData: (content: object, update: boolean) => void }} */
    jupyter: load("./dist/jupyter"),
    public: load("./dist/public"),
    zeromq: load.resolve("zeromq"),
    /** The place in the cell's TypeScript of a place in what was made of it; both count from 1. */
    originalPosition: (/** @type {string} */ code, /** @type {number} */ line, /** @type {number} */ column) =>
      originalPosition(sourceMaps.get(code), line, column),
  };
}

/**
 * The exports of TypeScript are read-only getters, so a copy takes their place before tslab loads them.
 * @param {string} file
 * @param {NodeRequire} load
 * @param {(original: Compiler) => object} replacements
 * @returns {Compiler}
 */
function replaceExports(file, load, replacements) {
  const original = load(file);
  const loaded = require.cache[file];
  if (!loaded) throw new Error(`${file}: was loaded, but is not among Node's modules`);
  loaded.exports = { ...original, ...replacements(original) };
  return loaded.exports;
}

/**
 * tslab resolves like Node 10, which knows no `exports`, and only from the notebook's folder.
 * @param {Compiler} ts
 * @param {NodeRequire} load
 */
function compilerHost(ts, load) {
  /** @type {(files: string[], options: import("typescript").CompilerOptions, ...rest: any[]) => object} */
  return (rootFiles, options, ...rest) => {
    const ours = {
      ...options,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      inlineSourceMap: true,
      typeRoots: typeRoots(ts, options.typeRoots, load),
      // Not what else happens to be installed: parsing it takes longer than the cell.
      types: ["node"],
    };
    /** @type {import("typescript").WatchCompilerHostOfFilesAndCompilerOptions<import("typescript").BuilderProgram>} */
    const host = /** @type {any} */ (ts.createWatchCompilerHost)(rootFiles, { ...ours, ...ownPackages }, ...rest);
    const cache = ts.createModuleResolutionCache(host.getCurrentDirectory(), (name) => name, ours);
    const resolve = (/** @type {string} */ name, /** @type {string} */ from) =>
      ts.resolveModuleName(name, from, ours, host, isSettled(from) ? cache : undefined);
    host.resolveModuleNameLiterals = (literals, containingFile) =>
      literals.map(({ text }) => {
        if (isOwn(text)) return resolve(text, ownFile);
        if (text === tfjs && containingFile.startsWith(ownFolder)) return resolve(`${tfjs}-core`, containingFile);
        const found = resolve(text, containingFile);
        return found.resolvedModule || text.startsWith(".") ? found : resolve(text, ownFile);
      });
    // Otherwise every file of every package is looked up again for every cell.
    host.hasInvalidatedResolutions = (file) => !isSettled(file);
    return host;
  };
}

/**
 * How the compiler may name the files of our packages in what it writes about a cell, wherever the notebook is. Not how it finds
 * what a cell imports: there the notebook's own packages come first.
 */
const ownPackages = { baseUrl: root, paths: { "*": ["node_modules/*"] } };

const ownFolder = path.join(root, "dist");
const ownFile = path.join(ownFolder, "cell.ts");

/** Our types use its core only, which it exports anew; the types of its other parts take as long as all the rest. */
const tfjs = "@tensorflow/tfjs";

/** Files whose imports do not change while a kernel runs: of packages, and our own. @param {string} file */
function isSettled(file) {
  return file.includes("/node_modules/") || file.startsWith(ownFolder);
}

/** Whether a module is this package's, which a notebook in any folder gets from here. @param {string} name */
function isOwn(name) {
  return name === "dosmith" || name.startsWith("dosmith/");
}

/**
 * Node's types: those beside the notebook, else those that come with tslab, wherever npm has put them.
 * @param {Compiler} ts
 * @param {readonly string[] | undefined} roots
 * @param {NodeRequire} load
 */
function typeRoots(ts, roots = [], load) {
  const hasNode = (/** @type {string} */ folder) => ts.sys.fileExists(path.join(folder, "node", "package.json"));
  return roots.some(hasNode)
    ? [...roots]
    : [...roots, path.dirname(path.dirname(load.resolve("@types/node/package.json")))];
}

const mapComment = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/**
 * The second of tslab's two steps, ES module to CommonJS: makes awaits and loops interruptible and keeps both steps' maps.
 * @param {Compiler} ts
 * @param {Map<string, SourceMaps>} sourceMaps
 * @returns {Compiler["transpileModule"]}
 */
function transpiler(ts, sourceMaps) {
  return (code, { compilerOptions, ...options }) => {
    const first = mapComment.exec(code)?.[1];
    const made = ts.transpileModule(code.replace(mapComment, ""), {
      ...options,
      compilerOptions: { ...compilerOptions, sourceMap: true },
      transformers: { before: [interruptible(ts)] },
    });
    const outputText = made.outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
    if (first) sourceMaps.set(outputText, [made.sourceMapText ?? "", Buffer.from(first, "base64").toString()]);
    return { ...made, outputText };
  };
}

/** @param {SourceMaps | undefined} maps @param {number} line @param {number} column */
function originalPosition(maps, line, column) {
  if (!maps) return undefined;
  let at = { line: line - 1, column: column - 1 };
  for (const text of maps) {
    const entry = new SourceMap(JSON.parse(text)).findEntry(at.line, at.column);
    if (!("originalLine" in entry)) return undefined;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  // tslab puts one line before the cell, which so counts from 1.
  return at.line < 1 ? undefined : { line: at.line, column: at.column + 1 };
}

module.exports = { isOwn, loadTslab, packageRequire, root };
