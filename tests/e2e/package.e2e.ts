// What a user has who installs the package: `npm pack`, `npm install` of that file in an empty folder, then the command, the kernel
// and an import in TypeScript, with every npm that we support. Nothing but the package registry may be needed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./jupyter.js";

const run = promisify(execFile);

let scratch: string;
let tarball: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "dosmith-package-"));
  const { stdout, stderr } = await run("npm", ["pack", "--silent", "--pack-destination", scratch], { cwd: root });
  expect(stderr).not.toMatch(/unknown/i);
  tarball = join(scratch, stdout.trim().split("\n").at(-1)!);
});
afterAll(() => rm(scratch, { recursive: true }));

/** Programs that installation scripts start find no network: their proxy does not exist. npm itself goes to its registry. */
async function offlineScripts(): Promise<NodeJS.ProcessEnv> {
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return process.env;
  const { stdout } = await run("npm", ["config", "get", "registry"]);
  const nowhere = "http://127.0.0.1:9";
  return { ...process.env, HTTPS_PROXY: nowhere, https_proxy: nowhere, NO_PROXY: new URL(stdout.trim()).hostname };
}

const program = `import { openDataset, type Crystal } from "dosmith";
import { createEngine } from "dosmith/runtime";
import { bundledFile, candidateFrame, crystalView, mimeBundle } from "dosmith/notebook";

const data = await openDataset(bundledFile("datasets/pbe-prototypes"));
const crystal: Crystal = data.at(0).crystal;
const frame = await candidateFrame([]).then(({ shape }) => shape, (error: Error) => error.message);
const { markup } = await crystalView(crystal);
console.log(JSON.stringify([data.length > 1000, (await createEngine("auto")).name, frame, markup.length > 1e5]));
console.log(Object.keys(await mimeBundle(crystal)));
`;

const compilerOptions = {
  ...{ strict: true, target: "ES2022", module: "NodeNext", skipLibCheck: true },
  ...{ types: ["node"], typeRoots: [join(root, "node_modules", "@types")] },
};

describe.each(["10", "11"])("npm %s", (version) => {
  let folder: string;
  let said: string;
  const npm = (...args: string[]) =>
    run("npx", ["--yes", `npm@${version}`, ...args], {
      cwd: folder,
      env: { ...env, JUPYTER_DATA_DIR: join(folder, "jupyter"), npm_config_update_notifier: "false" },
      maxBuffer: 1e8,
    });
  const npx = (...args: string[]) => npm("exec", "--", ...args);
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = join(scratch, `npm-${version}`);
    env = await offlineScripts();
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const { stdout, stderr } = await npm("install", tarball, "--prefer-offline");
    said = stdout + stderr;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("installs from the registry alone, without CUDA libraries", async () => {
    expect(said).not.toMatch(/unknown (project|user|env) config|\berror\b/i);
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as Lock;
    const { stdout } = await npm("config", "get", "registry");
    const places = Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? []);
    expect(places.filter((url) => !url.startsWith(stdout.trim()) && !url.startsWith("file:"))).toEqual([]);
    const onnx = join(folder, "node_modules/dosmith/node_modules/onnxruntime-node/bin/napi-v6");
    const libraries = await readdir(onnx, { recursive: true });
    expect(libraries.filter((name) => /onnxruntime_binding\.node$/.test(name)).length).toBeGreaterThanOrEqual(4);
    expect(libraries.filter((name) => /cuda|tensorrt/i.test(name))).toEqual([]);
    expect((await npm("ls", "--all")).stderr).toBe("");
  });

  it("makes crystals and a report", async () => {
    const asked = ["--target", "halfheusler-TaMgPb", "--count", "2", "--steps", "20", "--out", "out"];
    const { stdout, stderr } = await npx("dosmith", "generate", ...asked);
    expect(stderr).not.toMatch(/unknown/i);
    expect(stdout).toContain("structurally valid");
    expect(await readdir(join(folder, "out"))).toEqual(expect.arrayContaining(["report.html", "run.json", "crystals"]));
  });

  it("tells Jupyter about the kernel, whose files it has", async () => {
    expect((await npx("dosmith", "kernel", "install")).stdout).toContain("installed");
    const spec = JSON.parse(await readFile(join(folder, "jupyter/kernels/dosmith/kernel.json"), "utf8")) as {
      argv: string[];
    };
    expect(existsSync(spec.argv.find((word) => word.endsWith(".cjs"))!)).toBe(true);
    expect((await npx("dosmith", "kernel", "list")).stdout).not.toMatch(/again|not exist/);
  });

  it("is imported by a program in TypeScript", async () => {
    await writeFile(join(folder, "program.ts"), program);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
    const { stdout } = await run(process.execPath, ["program.js"], { cwd: folder });
    expect(stdout).toMatch(/^\[true,"compiled-[a-z0-9-]+",/m);
    expect(stdout).toContain("text/html");
  });
});

interface Lock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}
