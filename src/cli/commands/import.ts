import { Command } from "commander";
import type { Context } from "../context.js";
import type { ImportOptions } from "../import.js";
import { examples, group, option } from "./common.js";

export function importCommand(context: () => Context): Command {
  const command = new Command("import")
    .summary("read a checkpoint of the reference implementation")
    .description(
      "Turns a PyTorch-Lightning checkpoint of DOSMatGen into a model of dosmith. No code of the file is run: its pickle may " +
        "hold tensors and plain data only, anything else is refused by name.",
    )
    .argument("<file>", "checkpoint (.ckpt)")
    .addOption(option(group.files, "--out <file>", "model (.safetensors)").makeOptionMandatory())
    .addOption(
      option(
        group.files,
        "--scaler-from <folder>",
        "data set whose training side fixes mean and deviation of the DOS, which such a checkpoint does not hold",
      ),
    )
    .addOption(option(group.files, "--force", "replace the file"));
  examples(command, "dosmith import epoch=99.ckpt --scaler-from datasets/mp --out reference.safetensors");
  return command.action(async (file: string, options: ImportOptions) => {
    const { importCheckpoint } = await import("../import.js");
    await importCheckpoint(file, options, context());
  });
}
