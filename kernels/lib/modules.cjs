"use strict";
/** `require` for cells: this package from anywhere; the notebook's folder for the rest, then what this package brings. */
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { isOwn, packageRequire, root } = require("./tslab.cjs");

/** Codes of modules that only `import()` can load: with top-level await, or with no entry for `require`. */
const importOnly = new Set(["ERR_REQUIRE_ASYNC_MODULE", "ERR_REQUIRE_ESM", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);

/** Compiled TypeScript files of the notebook's folder, and packages that had to be imported before a cell. */
class CellModules {
  #imported = new Map();
  #compiled = new Map();
  #loaded = new Map();
  #cwd;

  constructor(cwd, tslab) {
    this.#cwd = cwd;
    this.tslab = tslab;
    this.require = this.#requireFrom(cwd, Module.createRequire(path.join(cwd, "cell.js")));
  }

  /** Takes over what the compiler made of the notebook's own files; changed files are loaded anew. */
  update(files = []) {
    for (const file of files) {
      this.#compiled.set(file.path, file.data);
      this.#loaded.delete(file.path);
    }
  }

  /** Imports those modules of a cell that `require` cannot load. Whatever else is wrong the cell will say itself. */
  async prepare(code) {
    for (const { fileName: id } of this.tslab.ts.preProcessFile(code).importedFiles) {
      if (this.#imported.has(id)) continue;
      try {
        this.require(id);
      } catch (error) {
        if (importOnly.has(error.code)) this.#imported.set(id, await this.#import(id));
      }
    }
  }

  #requireFrom(folder, base) {
    return (id) => {
      if (id === "tslab") return this.tslab.public;
      if (this.#imported.has(id)) return this.#imported.get(id);
      if (id.startsWith(".")) return this.#compiledModule(path.join(folder, id)) ?? base(id);
      return (isOwn(id) || !resolves(base, id) ? packageRequire : base)(id);
    };
  }

  #compiledModule(target) {
    const file = [target, `${target}.js`, target.replace(/\.ts$/, ".js")].find((name) => this.#compiled.has(name));
    if (file === undefined) return undefined;
    const known = this.#loaded.get(file);
    if (known) return known.exports;
    const module = bareModule(file);
    this.#loaded.set(file, module);
    module.require = this.#requireFrom(path.dirname(file), module.require.bind(module));
    module._compile(this.#compiled.get(file), file);
    return module.exports;
  }

  #import(id) {
    const folder = id.startsWith(".") || isInstalled(this.#cwd, id) ? this.#cwd : root;
    return importerFrom(folder)(id);
  }
}

function bareModule(file) {
  const made = new Module(file, module);
  made.filename = file;
  made.paths = Module._nodeModulePaths(path.dirname(file));
  return made;
}

/** `import()` as a file of that folder would do it. */
function importerFrom(folder) {
  const made = bareModule(path.join(folder, "__dosmith_import__.cjs"));
  made._compile("module.exports = (id) => import(id);", made.filename);
  return made.exports;
}

function resolves(base, id) {
  try {
    base.resolve(id);
    return true;
  } catch (error) {
    return error.code !== "MODULE_NOT_FOUND";
  }
}

function isInstalled(folder, id) {
  const name = id.split("/", id.startsWith("@") ? 2 : 1).join("/");
  return Module._nodeModulePaths(folder).some((place) => fs.existsSync(path.join(place, name)));
}

function createCellRequire(cwd, tslab) {
  return new CellModules(cwd, tslab);
}

module.exports = { createCellRequire };
