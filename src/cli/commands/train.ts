import { Command } from "commander";
import type { TrainModelOptions } from "../../workbench/index.js";
import { numberIn, wholeNumber } from "../../workbench/setting-texts.js";
import { commandLine, type Context } from "../context.js";
import { addOptions, examples, group, machineOptions, needed, needsOut, type SourceCommand } from "../options.js";
import { follow } from "../terminal.js";

interface TrainCommand extends SourceCommand, TrainModelOptions {}

export function trainCommand(context: Context): Command {
  const command = new Command("train")
    .summary("train a denoiser or a DOS predictor")
    .description(
      "Trains on the training side of a data set and keeps the best averaged weights by the validation side. " +
        "Ctrl-C keeps everything; --resume continues exactly, with the losses of an uninterrupted run.",
    );
  addOptions(command, group.training, {
    "--kind <what>": ["what to train", ["denoiser", "predictor"], needed],
    "--steps <n>": ["optimiser steps", wholeNumber(1)],
    "--batch-size <n>": ["crystals of a step", wholeNumber(1)],
    "--learning-rate <r>": ["highest learning rate (AdamW)", numberIn(Number.MIN_VALUE, 10)],
    "--weight-decay <x>": ["of weight matrices", numberIn(0, 10)],
    "--validate-every <n>": ["steps between validations", wholeNumber(1)],
    "--stop-after <n>": ["end after so many validations without a new best (default: never)", wholeNumber(1)],
    "--save-every <n>": ["steps between saves; kill -9 loses at most these", wholeNumber(1), 250],
    "--seed <n>": ["of weights, batches and noise", wholeNumber(0)],
    "--resume": ["continue the run in --out; all settings must be as they were"],
  });
  addOptions(command, "Network (defaults: the bundled models'):", {
    "--hidden-dim <n>": ["width", wholeNumber(1)],
    "--layers <n>": ["message-passing layers", wholeNumber(1)],
  });
  addOptions(command, group.files, {
    "--dataset <folder>": ["data set (default: the bundled one)"],
    "--split-seed <n>": ["seed of the split by composition, for data without a fixed split", wholeNumber(0)],
    ...needsOut("folder for the model, the state of the run and loss.csv"),
  });
  examples(
    machineOptions(command),
    "dosmith train --kind predictor --seed 2 --out runs/predictor",
    "dosmith train --kind denoiser --dataset my-set --split-seed 0 --steps 20000 --out runs/denoiser",
  );
  return command.action((options: TrainCommand) => train(options, context));
}

async function train(options: TrainCommand, context: Context): Promise<void> {
  const { openBench } = await import("../bench.js");
  const { terminal, signal } = context;
  await using bench = await openBench(options);
  const argv = options.resume ? context.argv : [...context.argv, "--resume"];
  const hint = `Add --resume to continue: ${commandLine({ argv })}`;
  const work = bench.train({ ...options, command: commandLine(context), signal });
  const { path, bestValidationLoss: best } = await follow(work, { terminal, hint });
  terminal.out(
    `${path}: ${best === null ? "the run was finished already" : `best validation loss ${best.toPrecision(4)}`}`,
  );
}
