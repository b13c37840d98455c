// A sidecar for tests: does to a question what the question says.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const { id, deed, ...question } = JSON.parse(line);
  const answer = (/** @type {object} */ body) => process.stdout.write(`${JSON.stringify({ id, ...body })}\n`);
  if (deed === "refuse") answer({ error: { reason: "no-setup", message: "no setup for Uue" } });
  else if (deed === "die") {
    process.stderr.write("Segmentation fault\n");
    process.exit(3);
  } else if (deed === "babble") process.stdout.write("Converged after 12 iterations.\n");
  else if (deed === "say") process.stdout.write(`${question.line}\n`);
  else if (deed === "sleep") setTimeout(() => {}, 1e6);
  else answer({ result: { ...question, pid: process.pid } });
}
