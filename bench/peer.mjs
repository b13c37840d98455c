// The PyTorch implementation of the same equations (pytorch/), in a process of its own that answers with times.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("pytorch/", import.meta.url));

/** Why there is no peer on this machine, with the command that makes one; undefined where there is one. */
export function missingPeer() {
  return existsSync(python())
    ? undefined
    : "PyTorch is not installed for the bench; npm run bench:peer does it (some GB)";
}

function python() {
  return `${folder}.venv/${process.platform === "win32" ? "Scripts/python.exe" : "bin/python"}`;
}

/** Starts the peer on so many threads. @param {number} threads */
export function startPeer(threads) {
  const child = spawn(python(), [`${folder}serve.py`, String(threads)], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (/** @type {object} */ message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the PyTorch peer ended while it was asked for ${JSON.stringify(message)}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`the PyTorch peer: ${answer.error}`);
    return answer;
  };
  let count = 0;
  return {
    /**
     * @param {"guided" | "training" | "sampling"} kind
     * @param {number} crystals
     * @param {number} atoms
     * @returns {Promise<{ torch: string } & import("./cases.mjs").Case>}
     */
    async prepare(kind, crystals, atoms, { compile = false } = {}) {
      const name = `case ${count++}`;
      const { torch } = await ask({ prepare: name, case: kind, crystals, atoms, compile });
      return { torch, run: () => ask({ run: name }), dispose: () => ask({ drop: name }) };
    },
    /** Best matrix product, GFLOP/s. @type {(repeats: number) => Promise<number>} */
    peak: async (repeats) => (await ask({ peak: repeats })).gflops,
    stop: () => child.stdin.end(),
  };
}
