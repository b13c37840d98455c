import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** How a sidecar process is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program that computes properties of crystals, run as a process of its own. */
interface Code {
  readonly script: string;
  /** Python modules that it needs. */
  readonly modules: readonly string[];
  /** The one command that installs them. */
  readonly install: string;
}

const script = (name: string) => fileURLToPath(new URL(`../../datasets/generator/${name}`, import.meta.url));

/** First-principles codes, and potentials that may relax a crystal before them. */
export const codes = {
  gpaw: {
    script: script("sidecar.py"),
    modules: ["gpaw", "ase", "spglib"],
    install: "sudo apt-get install gpaw gpaw-data python3-ase python3-spglib",
  },
  chgnet: {
    script: script("sidecar_chgnet.py"),
    modules: ["chgnet", "ase"],
    install: "python3 -m pip install chgnet ase",
  },
} satisfies Record<string, Code>;

/** First-principles codes that a sidecar can run. */
export type CodeName = keyof typeof codes;

/** Pythons that are tried where none is named; Debian's GPAW belongs to the system's own. */
const usualPythons = ["python3", "/usr/bin/python3", "python"];

/**
 * The command of a code's sidecar, with the first Python that has what it needs.
 * @param python program to use instead of the usual ones
 * @throws Error that says what was tried and the one command that installs the code
 */
export async function findCode(name: CodeName, python?: string): Promise<Command> {
  const code = codes[name];
  const tried: string[] = [];
  for (const program of python === undefined ? usualPythons : [python]) {
    const missing = await missingModules(program, code.modules);
    if (missing === undefined) return { program, args: ["-u", code.script], environment: { OMP_NUM_THREADS: "1" } };
    tried.push(`${program}: ${missing}`);
  }
  throw new Error(`${name} was not found (${tried.join("; ")}). Install it: ${code.install}`);
}

async function missingModules(program: string, modules: readonly string[]): Promise<string | undefined> {
  const test = `import importlib.util as u; print(",".join(m for m in "${modules.join(" ")}".split() if u.find_spec(m) is None))`;
  try {
    const { stdout } = await promisify(execFile)(program, ["-c", test], { timeout: 60_000 });
    return stdout.trim() === "" ? undefined : `no ${stdout.trim()}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such program" : "it does not start";
  }
}
