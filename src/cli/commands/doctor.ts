import { Command } from "commander";
import type { MachineReport } from "../../workbench/index.js";
import type { Context } from "../context.js";
import { plainMessage } from "../../workbench/plain-message.js";
import { examples } from "../options.js";
import { textTable } from "../terminal.js";

export function doctorCommand(context: Context): Command {
  const command = new Command("doctor")
    .summary("what works on this machine, and how fast")
    .description(
      "Versions, the backends that work here with their measured speed, the bundled models and data, and what to install.",
    );
  return examples(command, "dosmith doctor").action(async () => {
    const { examineMachine } = await import("../../workbench/index.js");
    context.terminal.note("trying the backends ...");
    const report = await examineMachine({ signal: context.signal });
    reportLines(report).forEach((line) => context.terminal.out(line));
  });
}

function reportLines({ versions, machine, backends, choice, files }: MachineReport): string[] {
  const trials = choice.trials.map((trial) => `${trial.name} ${trial.reason ?? `${trial.ms!.toFixed(1)} ms`}`);
  const reason = trials.length === 0 ? "no graphics processor" : `trial: ${trials.join("; ")}`;
  const missing = backends.filter(({ available }) => !available);
  const rows = backends.map(({ name, available, gigaflops }) => ({
    backend: name,
    here: available ? "works" : "no",
    "GFLOP/s": gigaflops?.toPrecision(3) ?? "–",
  }));
  return [
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    machine,
    "",
    ...textTable(rows),
    `--backend auto: ${choice.name} (${reason})`,
    "",
    ...files.map(({ what, text, error }) =>
      error
        ? `${what}: NOT USABLE: ${plainMessage(error)}\n  installing dosmith ${versions.dosmith} again brings it back`
        : `${what}: ${text}`,
    ),
    ...(missing.length > 0 ? ["\nNot here (compiled-cpu is enough):"] : []),
    ...missing.map(({ name, reason: why, remedy = "" }) => `  ${name}: ${why}\n    ${remedy}`),
  ];
}
