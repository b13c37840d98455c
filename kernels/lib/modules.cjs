"use strict";
/** `require` for cells: this package from anywhere; the notebook's folder for the rest, then what this package brings. */
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { isOwn, packageRequire, root } = require("./tslab.cjs");

/** Codes of modules that only `import()` can load: with top-level await, or with no entry for `require`. */
const importOnly = new Set(["ERR_REQUIRE_ASYNC_MODULE", "ERR_REQUIRE_ESM", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);

/**
 * What Node's modules have besides what its types say.
 * @typedef {NodeModule & { _compile: (code: string, filename: string) => void }} LoadedModule
 * @typedef {(id: string) => any} Load
 */

/** @type {(from: string) => string[]} */
const nodeModulePaths = Reflect.get(Module, "_nodeModulePaths");

/** Compiled TypeScript files of the notebook's folder, and packages that had to be imported before a cell. */
class CellModules {
  /** @type {Map<string, unknown>} */
  #imported = new Map();
  /** @type {Map<string, string>} */
  #compiled = new Map();
  /** @type {Map<string, LoadedModule>} */
  #loaded = new Map();
  #cwd;

  /** @param {string} cwd @param {import("./tslab.cjs").Tslab} tslab */
  constructor(cwd, tslab) {
    this.#cwd = cwd;
    this.tslab = tslab;
    this.require = this.#requireFrom(cwd, Module.createRequire(path.join(cwd, "cell.js")));
  }

  /**
   * Takes over what the compiler made of the notebook's own files; changed files are loaded anew.
   * @param {readonly { path: string, data: string }[]} [files]
   */
  update(files = []) {
    for (const file of files) {
      this.#compiled.set(file.path, file.data);
      this.#loaded.delete(file.path);
    }
  }

  /** Imports those modules of a cell that `require` cannot load. Whatever else is wrong the cell will say itself. @param {string} code */
  async prepare(code) {
    for (const { fileName: id } of this.tslab.ts.preProcessFile(code).importedFiles) {
      if (this.#imported.has(id)) continue;
      try {
        this.require(id);
      } catch (error) {
        if (importOnly.has(codeOf(error))) this.#imported.set(id, await this.#import(id));
      }
    }
  }

  /** @param {string} folder @param {NodeRequire} base @returns {Load} */
  #requireFrom(folder, base) {
    return (id) => {
      if (id === "tslab") return this.tslab.public;
      if (this.#imported.has(id)) return this.#imported.get(id);
      if (id.startsWith(".")) return this.#compiledModule(path.join(folder, id)) ?? base(id);
      return (isOwn(id) || !resolves(base, id) ? packageRequire : base)(id);
    };
  }

  /** @param {string} target */
  #compiledModule(target) {
    const file = [target, `${target}.js`, target.replace(/\.ts$/, ".js")].find((name) => this.#compiled.has(name));
    const code = file && this.#compiled.get(file);
    if (file === undefined || code === undefined) return undefined;
    const known = this.#loaded.get(file);
    if (known) return known.exports;
    const module = bareModule(file);
    this.#loaded.set(file, module);
    Reflect.set(module, "require", this.#requireFrom(path.dirname(file), Module.createRequire(file)));
    module._compile(code, file);
    return module.exports;
  }

  /** @param {string} id @returns {Promise<unknown>} */
  #import(id) {
    const folder = id.startsWith(".") || isInstalled(this.#cwd, id) ? this.#cwd : root;
    return importerFrom(folder)(id);
  }
}

/** @param {string} file */
function bareModule(file) {
  const made = /** @type {LoadedModule} */ (new Module(file, /** @type {any} */ (module)));
  made.filename = file;
  made.paths = nodeModulePaths(path.dirname(file));
  return made;
}

/** `import()` as a file of that folder would do it. @param {string} folder @returns {(id: string) => Promise<unknown>} */
function importerFrom(folder) {
  const made = bareModule(path.join(folder, "__dosmith_import__.cjs"));
  made._compile("module.exports = (id) => import(id);", made.filename);
  return made.exports;
}

/** @param {NodeRequire} base @param {string} id */
function resolves(base, id) {
  try {
    base.resolve(id);
    return true;
  } catch (error) {
    return codeOf(error) !== "MODULE_NOT_FOUND";
  }
}

/** @param {unknown} error @returns {string} */
function codeOf(error) {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** @param {string} folder @param {string} id */
function isInstalled(folder, id) {
  const name = id.split("/", id.startsWith("@") ? 2 : 1).join("/");
  return nodeModulePaths(folder).some((place) => fs.existsSync(path.join(place, name)));
}

/** @param {string} cwd @param {import("./tslab.cjs").Tslab} tslab */
function createCellRequire(cwd, tslab) {
  return new CellModules(cwd, tslab);
}

module.exports = { CellModules, createCellRequire };
