import { Command } from "commander";
import { kernelCommands } from "../../../kernels/install.mjs";
import type { Context } from "../context.js";
import { addOptions, examples, group } from "../options.js";

const texts = {
  install: "tell Jupyter about the kernel; again after dosmith or Node.js moved",
  uninstall: "remove it from Jupyter",
  list: "where it is installed, and whether it can start",
} as const;

export function kernelCommand(context: Context): Command {
  const command = new Command("kernel")
    .summary("the notebook kernel: install, uninstall, list")
    .description(
      "The kernel of dosmith's notebooks for JupyterLab, nbconvert and VS Code. Writes one small folder, a standard kernelspec, into the user's Jupyter data folder or an environment.",
    );
  for (const name of Object.keys(texts) as (keyof typeof texts)[]) command.addCommand(subcommand(name, context));
  return command;
}

function subcommand(name: keyof typeof texts, { terminal }: Context): Command {
  const command = addOptions(new Command(name).description(texts[name]), group.files, {
    "--prefix <folder>": ["a virtual or conda environment, such as .venv (default: the user's Jupyter data folder)"],
  });
  return examples(command, `dosmith kernel ${name}`, `dosmith kernel ${name} --prefix .venv`).action(
    async (options: { prefix?: string }) => terminal.out(await kernelCommands[name](options)),
  );
}
