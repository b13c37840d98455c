// What holds the package together: rooms import one way, exports and links lead somewhere, notebooks can read the types.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");

/** A room may import those before it. */
const order = [
  ...["base", "runtime", "crystal", "dos", "data", "model", "energy", "diffusion", "generate"],
  ...["train", "evaluate", "verify", "workbench", "notebook", "cli"],
];

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const rooms = readdirSync(src, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && filesIn(join(src, entry.name), ".ts").length > 0)
  .map(({ name }) => name);

const roomOf = (path: string): string => relative(src, path).split(sep)[0];

/** Files of the package that a file imports, statically or with import(). */
function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, "utf8"), true, true);
  return importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith("."));
}

/** `dosmith kernel` runs the kernel's own installer, which works without a build; it is the one thing outside src/. */
const installer = join(root, "kernels/install.mjs");

/** "from/file.ts imports other-room" for every import of a room that comes later, or of what is no room. */
function wrongWays(path: string, imports: readonly string[]): string[] {
  const from = roomOf(path);
  return imports
    .map((name) => resolve(dirname(path), name))
    .filter((to) => !(from === "cli" && to === installer))
    .map(roomOf)
    .filter((to) => to !== from && !(order.indexOf(to) >= 0 && order.indexOf(to) < order.indexOf(from)))
    .map((to) => `${relative(src, path)} imports ${to}`);
}

describe("rooms", () => {
  test("have a place in the order and on the map", () => {
    const map = readFileSync(join(src, "README.md"), "utf8");
    expect(rooms.filter((room) => !order.includes(room))).toEqual([]);
    expect(rooms.filter((room) => !map.includes(`(${room}/)`))).toEqual([]);
  });

  test("import one way", () => {
    const files = rooms.flatMap((room) => filesIn(join(src, room), ".ts"));
    expect(files.flatMap((path) => wrongWays(path, importsOf(path)))).toEqual([]);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(files.length);
  });

  test("would be caught importing the wrong way", () => {
    expect(wrongWays(join(src, "dos", "grid.ts"), ["./target.js", "../model/index.js"])).toEqual([
      `${join("dos", "grid.ts")} imports model`,
    ]);
    expect(wrongWays(join(src, "dos", "grid.ts"), ["../index.js"])).toHaveLength(1);
  });
});

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  main: string;
  types: string;
  exports: Record<string, string | Record<string, string>>;
  typesVersions: Record<string, Record<string, string[]>>;
  bin: Record<string, string>;
};

/** Rooms that can be imported by themselves; the command line is no library. */
const library = rooms.filter((room) => existsSync(join(src, room, "index.ts")));

/**
 * Circles among files that import each other, each as "a.ts <-> b.ts" (Tarjan, SIAM J. Comput. 1 (1972) 146). Imports of
 * types count too: a circle of them is just as hard to read, to move and to test by itself.
 */
function circles(importsBy: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const [order, low] = [new Map<string, number>(), new Map<string, number>()];
  const open: string[] = [];
  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    low.set(file, number);
    open.push(file);
    for (const next of importsBy.get(file) ?? []) {
      if (!order.has(next)) low.set(file, Math.min(low.get(file)!, visit(next)));
      else if (open.includes(next)) low.set(file, Math.min(low.get(file)!, order.get(next)!));
    }
    if (low.get(file) === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || importsBy.get(file)?.includes(file)) found.push(circle.sort().join(" <-> "));
    }
    return low.get(file)!;
  };
  for (const file of importsBy.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe("files", () => {
  const files = filesIn(src, ".ts");
  const targets = (path: string) =>
    importsOf(path).map((name) => relative(src, resolve(dirname(path), name)).replace(/\.js$/, ".ts"));

  test("import each other in no circle", () => {
    const found = circles(new Map(files.map((path) => [relative(src, path), targets(path)])));
    expect(found).toEqual([]);
  });

  test("would be caught in a circle", () => {
    const chain: [string, string[]][] = [["a", ["b"]], ["b", ["c", "d"]], ["c", ["b"]], ["d", []]]; // prettier-ignore
    expect(circles(new Map(chain))).toEqual(["b <-> c"]);
    expect(circles(new Map([...chain, ["d", ["a"]]]))).toEqual(["a <-> b <-> c <-> d"]);
    expect(circles(new Map([["self", ["self"]]]))).toEqual(["self"]);
  });
});

describe("the package", () => {
  test("was built", () => {
    expect(existsSync(join(root, "dist")), "dist/ is missing: npm run setup").toBe(true);
  });

  test("exports files that exist", () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const paths = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...targets].flatMap((path) =>
      path.includes("*") ? library.map((room) => path.replace("*", room)) : [path],
    );
    expect(paths.length).toBeGreaterThan(2 * library.length);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("can be imported room by room", async () => {
    for (const room of library) expect(Object.keys((await import(`dosmith/${room}`)) as object)).not.toEqual([]);
  });
});

describe("scripts, bench and notebooks", () => {
  const outside = execFileSync("git", ["ls-files", "scripts", "bench"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((name) => /\.m?[jt]s$/.test(name) && existsSync(join(root, name)));
  const notebooks = filesIn(join(root, "notebooks"), ".ipynb").filter((name) => !name.includes("checkpoints"));

  /** What code imports from files: everything but packages, and this package by its name. */
  const filesOf = (code: string): string[] => {
    const imported = ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
    // Also in the code that a script hands to a process of its own.
    const dynamic = [...code.matchAll(/import\("([^"$]+)"\)/g)].map(([, name]) => name);
    return [...new Set([...imported, ...dynamic])].filter(
      (name) => name.startsWith(".") || /^dosmith\/[^/]+\//.test(name),
    );
  };

  /** Neighbours, and the kernel's installer, which works without a build. */
  const isAllowed = (from: string, to: string): boolean =>
    resolve(dirname(from), to) === installer ||
    /^(scripts|bench)$/.test(relative(root, resolve(dirname(from), to)).split(sep)[0]);

  test.each(outside)("%s imports the package by its public names", (name) => {
    const path = join(root, name);
    expect(filesOf(readFileSync(path, "utf8")).filter((to) => !isAllowed(path, to))).toEqual([]);
  });

  test.each(notebooks.map((path) => relative(root, path)))("%s imports the package by its public names", (name) => {
    const { cells } = JSON.parse(readFileSync(join(root, name), "utf8")) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    const code = cells.filter(({ cell_type: type }) => type === "code").map(({ source }) => [source].flat().join(""));
    expect(code.flatMap(filesOf)).toEqual([]);
  });

  test("would be caught importing private files", () => {
    expect(filesOf(`import { x } from "../dist/cli/files.js";\nimport "dosmith/cli/files.js";`)).toHaveLength(2);
    expect(isAllowed(join(root, "scripts", "lab.mjs"), "../dist/cli/files.js")).toBe(false);
    expect(filesOf(`import { x } from "dosmith/dos";\nconst { y } = await import("./dist/data/index.js");`)).toEqual([
      "./dist/data/index.js",
    ]);
  });
});

describe("documents", () => {
  const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    cwd: root,
    encoding: "utf8",
  });
  const linksOf = (text: string): string[] => {
    const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
    const found = [...prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|(?:src|href)="([^"]+)"/g)].map((m) => m[1] ?? m[2]);
    return found.filter((link) => !/^([a-z]+:|#)/i.test(link)).map((link) => decodeURIComponent(link.split("#")[0]));
  };

  test.each(documents.split("\n").filter((name) => name && existsSync(join(root, name))))(
    "%s: links lead somewhere",
    (name) => {
      const folder = dirname(join(root, name));
      expect(linksOf(readFileSync(join(root, name), "utf8")).filter((link) => !existsSync(join(folder, link)))).toEqual(
        [],
      );
    },
  );

  test("links are found, code is not", () => {
    const text =
      'See [a](x.md#top "title"), ![b](<y.png>), <img src="z.svg">, [w](https://a.b), `[c](no)`.\n```\n[d](no)\n```\n';
    expect(linksOf(text)).toEqual(["x.md", "y.png", "z.svg"]);
  });
});

describe("types in a notebook", () => {
  // tslab brings TypeScript 5.0 and resolves by Node's old rules: main, types, typesVersions.
  const old = createRequire(import.meta.url)("@tslab/typescript-for-tslab") as typeof ts;
  let project: string;
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "dosmith-types-"));
    mkdirSync(join(project, "node_modules"));
    symlinkSync(root, join(project, "node_modules", "dosmith"), "dir");
  });
  afterAll(() => rmSync(project, { recursive: true }));

  /** What the old compiler has to say about a cell and about this package's declarations that it reaches. */
  function problems(cell: string): string[] {
    const path = join(project, "cell.ts");
    writeFileSync(path, cell);
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      target: old.ScriptTarget.ES2022,
      module: old.ModuleKind.ESNext,
      moduleResolution: old.ModuleResolutionKind.Node10,
      lib: ["lib.es2022.d.ts"],
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
    };
    const program = old.createProgram([path], options);
    return program
      .getSourceFiles()
      .filter(({ fileName }) => fileName === path || fileName.startsWith(join(root, "dist")))
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
      .map(({ file, messageText }) => `${file?.fileName}: ${old.flattenDiagnosticMessageText(messageText, " ")}`);
  }

  test("TypeScript 5.0 understands all of them", { timeout: 240_000 }, () => {
    expect(old.version).toMatch(/^5\.0\./);
    const cell = [
      `import { openDataset, type Crystal } from "dosmith";`,
      ...library.map((room) => `import * as ${room} from "dosmith/${room}";`),
      `export const first: Promise<Crystal> = openDataset("folder").then((data) => data.at(0).crystal);`,
      `export const rooms = [${library.join(", ")}];`,
    ];
    expect(problems(cell.join("\n"))).toEqual([]);
    expect(problems(`import { openDataset } from "dosmith/data";\nopenDataset(1);`)).toHaveLength(1);
  });
});
