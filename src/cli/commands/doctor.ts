import { Command } from "commander";
import type { Context } from "../context.js";
import { examples } from "./common.js";

export function doctorCommand(context: () => Context): Command {
  const command = new Command("doctor")
    .summary("what works on this machine, and how fast")
    .description(
      "Versions, the backends that work here with their measured speed, the bundled models and data, and what to install.",
    );
  return examples(command, "dosmith doctor").action(async () => {
    const { doctor } = await import("../doctor.js");
    await doctor(context());
  });
}
