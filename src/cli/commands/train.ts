import { Command } from "commander";
import type { Context } from "../context.js";
import { numberIn, wholeNumber } from "../parse.js";
import type { TrainCommand } from "../train.js";
import { choice, examples, group, machineOptions, option } from "./common.js";

const network = "Network (defaults: the bundled models'):";

export function trainCommand(context: () => Context): Command {
  const positive = numberIn(Number.MIN_VALUE, 10);
  const command = new Command("train")
    .summary("train a denoiser or a DOS predictor")
    .description(
      "Trains on the training side of a data set and keeps the best averaged weights by the validation side. " +
        "Ctrl-C keeps everything; --resume continues exactly, with the losses of an uninterrupted run.",
    )
    .addOption(
      choice(group.training, "--kind <what>", "what to train", ["denoiser", "predictor"]).makeOptionMandatory(),
    )
    .addOption(option(group.training, "--steps <n>", "optimiser steps", wholeNumber(1)))
    .addOption(option(group.training, "--batch-size <n>", "crystals of a step", wholeNumber(1)))
    .addOption(option(group.training, "--learning-rate <r>", "highest learning rate (AdamW)", positive))
    .addOption(option(group.training, "--weight-decay <x>", "of weight matrices", numberIn(0, 10)))
    .addOption(option(group.training, "--validate-every <n>", "steps between validations", wholeNumber(1)))
    .addOption(
      option(
        group.training,
        "--stop-after <n>",
        "end after so many validations without a new best (default: never)",
        wholeNumber(1),
      ),
    )
    .addOption(
      option(
        group.training,
        "--save-every <n>",
        "steps between saves; kill -9 loses at most these",
        wholeNumber(1),
        250,
      ),
    )
    .addOption(option(group.training, "--seed <n>", "of weights, batches and noise", wholeNumber(0)))
    .addOption(option(group.training, "--resume", "continue the run in --out; all settings must be as they were"))
    .addOption(option(network, "--hidden-dim <n>", "width", wholeNumber(1)))
    .addOption(option(network, "--layers <n>", "message-passing layers", wholeNumber(1)))
    .addOption(option(group.files, "--data <folder>", "data set (default: the bundled one)"))
    .addOption(
      option(
        group.files,
        "--split-seed <n>",
        "seed of the split by composition, for data without a fixed split",
        wholeNumber(0),
      ),
    )
    .addOption(
      option(
        group.files,
        "--out <folder>",
        "folder for the model, the state of the run and loss.csv",
      ).makeOptionMandatory(),
    );
  examples(
    machineOptions(command),
    "dosmith train --kind predictor --seed 2 --out runs/predictor",
    "dosmith train --kind denoiser --data my-set --split-seed 0 --steps 20000 --out runs/denoiser",
  );
  return command.action(async (options: TrainCommand) => {
    const { train } = await import("../train.js");
    await train(options, context());
  });
}
