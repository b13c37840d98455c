import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDataset, splitOfFormula } from "../src/data/index.js";
import { demoTarget, freeFolder } from "../scripts/demo-parts.mjs";
import { labArguments, pythonProblem } from "../scripts/lab.mjs";
import { missingPackages, nodeProblem } from "../scripts/setup.mjs";

describe("set-up", () => {
  test("takes Node 20.19 and later, and names the version it finds", () => {
    expect(nodeProblem("20.19.0")).toBeUndefined();
    expect(nodeProblem("22.1.0")).toBeUndefined();
    expect(nodeProblem("20.18.3")).toContain("20.19 or newer, and this is 20.18.3");
    expect(nodeProblem("18.20.0")).toContain("18.20.0");
  });

  test("installs when a package is missing or of another version, but not for optional ones", () => {
    const wanted = {
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.0" },
        "node_modules/b": { version: "1.0.0", optional: true },
      },
    };
    expect(missingPackages(wanted, { packages: { "node_modules/a": { version: "1.0.0" } } })).toEqual([]);
    expect(missingPackages(wanted, { packages: { "node_modules/a": { version: "1.0.1" } } })).toEqual([
      "node_modules/a",
    ]);
    expect(missingPackages(wanted, { packages: {} })).toEqual(["node_modules/a"]);
  });
});

describe("installation", () => {
  type Lock = { packages: Record<string, { hasInstallScript?: boolean; resolved?: string }> };
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;

  test("downloads nothing from outside the registry: the lock file announces no script that would", () => {
    const scripts = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
    expect(scripts.map((path) => path.replace(/.*node_modules\//, "")).sort()).toEqual([
      "@tensorflow/tfjs-node-gpu", // optional: left out where its download fails
      "core-js",
      "protobufjs",
      "zeromq",
    ]);
  });

  test("bundles onnxruntime-node without its script and danfojs-node without what is elsewhere", () => {
    const manifest = (name: string) => readFileSync(join("node_modules", name, "package.json"), "utf8");
    expect(JSON.parse(manifest("onnxruntime-node"))).not.toHaveProperty("scripts");
    expect(manifest("danfojs-node")).not.toMatch(/"https:\/\/[^"]*\.tgz"|tfjs-node"/);
  });
});

describe("the demo", () => {
  test("asks for a record of the test split", async () => {
    const data = await openDataset("datasets/pbe-prototypes");
    expect(splitOfFormula(data.get(demoTarget).formula)).toBe("test");
  });

  test("never takes a folder that exists", () => {
    const there = new Set(["out/demo", "out/demo-2"]);
    expect(freeFolder("out/demo", (name: string) => there.has(name))).toBe("out/demo-3");
    expect(freeFolder("out/demo", () => false)).toBe("out/demo");
  });
});

describe("the lab", () => {
  test("opens the first notebook, or the one that is named", () => {
    expect(labArguments(["--no-browser", "--port", "9000"])).toEqual([
      join("notebooks", "01-quick-start.ipynb"),
      "--no-browser",
      "--port",
      "9000",
    ]);
    expect(labArguments(["notebooks/05-guidance.ipynb"])).toEqual(["notebooks/05-guidance.ipynb"]);
  });

  test("says what is wrong with a Python, and what to do", () => {
    const python = { command: "python3", version: "3.11.7", venv: true };
    expect(pythonProblem(python)).toBeUndefined();
    expect(pythonProblem(undefined)).toMatch(/need Python 3\.\d+ or newer, and there is no python3 here\. Install it/);
    expect(pythonProblem({ ...python, version: "3.8.10" })).toMatch(/python3 is 3\.8\.10\. Install a newer one/);
    expect(pythonProblem({ ...python, venv: false })).toMatch(/apt install python3-venv, then run the same command/);
  });

  // A shell script stands for python3; Windows has none.
  describe.skipIf(process.platform === "win32")("on a machine", () => {
    let folder: string;
    beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "dosmith-lab-"))));
    afterEach(() => rm(folder, { recursive: true }));

    const lab = pathToFileURL("scripts/lab.mjs").href;
    const prepare = () =>
      spawnSync(process.execPath, ["-e", `import("${lab}").then((m) => m.prepareJupyter("${join(folder, "venv")}"))`], {
        env: { PATH: folder },
        encoding: "utf8",
      });

    test("without Python it says so", () => {
      const { status, stderr } = prepare();
      expect(status).toBe(1);
      expect(stderr).toContain("there is no python3 here");
    });

    test("whose Python lacks venv, as Debian's does, it says what to install", async () => {
      await writeFile(join(folder, "python3"), "#!/bin/sh\necho 3 11 2 False\n", { mode: 0o755 });
      expect(prepare().stderr).toContain("apt install python3-venv");
    });

    test("that makes half an environment, none is left", async () => {
      const script = '#!/bin/sh\n[ "$1" = -c ] && echo 3 11 2 True && exit\n/bin/mkdir -p "$3"; exit 1\n';
      await writeFile(join(folder, "python3"), script, { mode: 0o755 });
      expect(prepare().stderr).toContain("python -m venv failed");
      expect(existsSync(join(folder, "venv"))).toBe(false);
    });
  });
});
