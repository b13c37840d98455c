import { Command } from "commander";
import type { ImportOptions } from "../../workbench/index.js";
import type { Context } from "../context.js";
import { addOptions, examples, forceOption, group, needed } from "../options.js";

export function importCommand(context: Context): Command {
  const command = new Command("import")
    .summary("read a checkpoint of the reference implementation")
    .description(
      "Turns a PyTorch-Lightning checkpoint of DOSMatGen into a model of dosmith. No code of the file is run: its pickle may " +
        "hold tensors and plain data only, anything else is refused by name.",
    )
    .argument("<file>", "checkpoint (.ckpt)");
  addOptions(command, group.files, {
    "--out <file>": ["model (.safetensors)", undefined, needed],
    "--scaler-from <folder>": [
      "data set whose training side fixes mean and deviation of the DOS, which such a checkpoint does not hold",
    ],
    ...forceOption,
  });
  examples(command, "dosmith import epoch=99.ckpt --scaler-from datasets/mp --out reference.safetensors");
  return command.action((file: string, options: ImportOptions) => importFile(file, options, context));
}

async function importFile(file: string, options: ImportOptions, { terminal }: Context): Promise<void> {
  const { importCheckpoint } = await import("../../workbench/index.js");
  const { parameterCount } = await import("../../model/index.js");
  const { model, leftOut } = await importCheckpoint(file, options);
  const { hiddenDim, layerCount, timesteps } = model.config;
  const size = `${parameterCount(model.parameters)} parameters, ${layerCount} layers of ${hiddenDim}`;
  terminal.out(`${options.out}: ${size}, ${timesteps} time steps`);
  terminal.out(`left out: ${leftOut} tensors that are no parameters (schedules, buffers)`);
  if (!model.scaler)
    terminal.out(
      "it has no scaler yet: it cannot take a target until imported again with --scaler-from, the data set that it was trained on",
    );
}
