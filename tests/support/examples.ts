// The examples of the API reference and of README as programs. An example may use every public name without importing it, and the
// names of `given` below; README's programs stand as they are.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import ts from "typescript";
import { openDataset, writeReferenceJson } from "../../src/data/index.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Example {
  /** "src/dos/target.ts: makeTarget". */
  readonly name: string;
  readonly code: string;
}

/** What the examples take as there: made once for all of them. */
const given = `import { createEngine, loadDenoiser, loadPredictor, openDataset, openWorkbench } from "dosmith";
import { crystalGenerator, dosPredictor, targetFromRecord } from "dosmith";
import { bundledFile } from "dosmith/notebook";
export const bench = await openWorkbench();
export const dataset = await openDataset(bundledFile("datasets/pbe-prototypes"));
export const engine = await createEngine();
export const generator = crystalGenerator(engine, await loadDenoiser(bundledFile("models/denoiser.safetensors")));
export const predictor = dosPredictor(engine, await loadPredictor(bundledFile("models/predictor-a.safetensors")));
export const record = dataset.get("rocksalt-NaCl");
export const crystal = record.crystal;
export const target = targetFromRecord(record);
`;

/** The rooms that can be imported, the front door first: a name is taken from the first place that has it. */
const rooms = ["index", ...readdirSync(join(root, "src")).filter((r) => existsSync(join(root, "src", r, "index.ts")))];

/** All examples: of doc comments in the public rooms, then README's TypeScript. */
export function allExamples(): Example[] {
  const files = rooms.slice(1).flatMap((room) => {
    const folder = join(root, "src", room);
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    return names.map((name) => join(folder, name));
  });
  return [...files.flatMap(docExamples), ...readmeExamples()];
}

function docExamples(path: string): Example[] {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Example[] = [];
  const visit = (node: ts.Node): void => {
    const name = (node as { name?: ts.Node }).name?.getText() ?? declaredName(node);
    for (const tag of ts.getJSDocTags(node))
      if (tag.tagName.text === "example" && tag.parent.parent === node)
        found.push({ name: `${relative(root, path)}: ${name}`, code: exampleCode(tag) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function declaredName(node: ts.Node): string {
  return ts.isVariableStatement(node) ? node.declarationList.declarations[0].name.getText() : "";
}

/** The lines of the tag without the comment's stars and without a fence. */
function exampleCode(tag: ts.JSDocTag): string {
  const text = tag.getSourceFile().text.slice(tag.tagName.end, tag.end);
  const lines = text.split("\n").map((line) => line.replace(/^\s*\*( |$)/, ""));
  return lines.filter((line) => !/^\s*(```|\*?\/?$)/.test(line)).join("\n");
}

function readmeExamples(): Example[] {
  const blocks = readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm);
  return Array.from(blocks, ([, code], i) => ({ name: `README.md: program ${i + 1}`, code }));
}

/** Writes the examples as TypeScript modules into a folder where dosmith is installed; returns their paths. */
export async function writePrograms(examples: readonly Example[], folder: string): Promise<string[]> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(root, join(folder, "node_modules", "dosmith"), "dir");
  await symlink(join(root, "node_modules", "commander"), join(folder, "node_modules", "commander"), "dir");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "given.ts"), given);
  const homes = publicNames();
  return Promise.all(
    examples.map(async ({ code }, i) => {
      const path = join(folder, `example-${i}.ts`);
      await writeFile(path, `${importsFor(code, homes)}${code}\nexport {};\n`);
      return path;
    }),
  );
}

/** Module by public name. */
function publicNames(): Map<string, string> {
  const entries = rooms.map((room) => join(root, "dist", room === "index" ? "index.d.ts" : join(room, "index.d.ts")));
  const program = ts.createProgram(entries, compilerOptions);
  const names = new Map<string, string>();
  entries.forEach((entry, i) => {
    const symbol = program.getTypeChecker().getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const { name } of program.getTypeChecker().getExportsOfModule(symbol))
      if (!names.has(name)) names.set(name, rooms[i] === "index" ? "dosmith" : `dosmith/${rooms[i]}`);
  });
  for (const [, name] of given.matchAll(/^export const (\w+)/gm)) names.set(name, "./given.js");
  return names;
}

/** Import statements for the names that a program uses and does not declare itself. */
function importsFor(code: string, homes: ReadonlyMap<string, string>): string {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node))
      (isDeclared(node) ? declared : isProperty(node) ? new Set<string>() : used).add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const lines = [...used].filter((name) => !declared.has(name) && homes.has(name));
  return lines.map((name) => `import { ${name} } from "${homes.get(name)}";\n`).join("");
}

function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    ((ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isFunctionDeclaration(parent)) &&
      parent.name === node) ||
    (ts.isBindingElement(parent) && parent.name === node) ||
    ts.isImportSpecifier(parent) ||
    ts.isNamespaceImport(parent)
  );
}

function isProperty(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node)
  );
}

const compilerOptions: ts.CompilerOptions = {
  strict: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
};

/** Compiles programs beside their sources; returns what the compiler says of each, by path. */
export function compile(paths: readonly string[]): Map<string, string[]> {
  const program = ts.createProgram([...paths, join(dirname(paths[0]), "given.ts")], compilerOptions);
  const problems = new Map<string, string[]>();
  for (const path of paths) {
    const file = program.getSourceFile(path)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    problems.set(
      path,
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
    );
  }
  program.emit();
  return problems;
}

/** The files that the examples read. */
export async function writeInputs(folder: string): Promise<void> {
  const fixture = (name: string) => readFileSync(join(root, "tests", "fixtures", name));
  await writeFile(join(folder, "vasprun.xml"), gunzipSync(fixture("dos/CsCl-gaussian.vasprun.xml.gz")));
  await writeFile(join(folder, "quartz.cif"), fixture("crystal/quartz.cif"));
  await writeFile(join(folder, "dos.dat"), Array.from({ length: 201 }, (_, i) => `${i / 10 - 10} 1\n`).join(""));
  for (const name of ["datasets", "models"]) await symlink(join(root, name), join(folder, name), "dir");
  const data = await openDataset(join(root, "datasets/pbe-prototypes"));
  await writeReferenceJson(join(folder, "mine.json"), data.subset(Array.from({ length: 24 }, (_, i) => 40 * i)));
}
