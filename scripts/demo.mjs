// From a clone to crystals with one command:   npm run demo            (options of dosmith generate: npm run demo -- --count 32)
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { demoTarget, freeFolder } from "./demo-parts.mjs";
import { root, say, setUp } from "./setup.mjs";

setUp();
const out = freeFolder(join("out", "demo"), (name) => existsSync(join(root, name)));
const args = ["generate", "--target", demoTarget, "--count", "16", "--out", out, ...process.argv.slice(2)];
say(`dosmith ${args.join(" ")}`);
say(`${demoTarget} is a crystal of the test split: its spectrum was computed by DFT, and the model has never seen it.`);

// Ctrl-C reaches the child too, which keeps what is finished and says how to go on.
process.on("SIGINT", () => undefined);
const child = spawn(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], { cwd: root, stdio: "inherit" });
child.on("close", (code) => {
  const report = join(root, out, "report.html");
  if (code === 0 && existsSync(report)) say(`open in a browser: ${pathToFileURL(report).href}`);
  process.exitCode = code ?? 1;
});
