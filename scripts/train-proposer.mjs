// Trains and calibrates the element proposer:  node scripts/train-proposer.mjs OUT_FOLDER [SETTING=VALUE ...]
// Settings: those of `defaultProposerOptions` (steps=3000 seed=1 hiddenDim=512 ...). Stopped, it goes on where it was.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDataset } from "dosmith/data";
import { elementProposer, saveModel } from "dosmith/model";
import { createEngine } from "dosmith/runtime";
import { calibrateProposer, defaultProposerOptions, proposerRun, trainWithFiles } from "dosmith/train";

const [out, ...settings] = process.argv.slice(2);
if (!out) throw new Error("usage: node scripts/train-proposer.mjs OUT_FOLDER [SETTING=VALUE ...]");
const dataset = await openDataset(fileURLToPath(new URL("../datasets/pbe-prototypes", import.meta.url)));
const { train, validation } = dataset.split();
const run = proposerRun([...train], [...validation], settings.reduce(withSetting, defaultProposerOptions));
await mkdir(out, { recursive: true });
const modelPath = join(out, "proposer.safetensors");
const engine = await createEngine("compiled-cpu");
const info = {
  data: `${dataset.length} crystals of pbe-prototypes`,
  command: ["node scripts/train-proposer.mjs", ...settings].join(" "),
};
const files = { modelPath, statePath: join(out, "state.safetensors"), saveEvery: 500, info };
const training = trainWithFiles(engine, run, files);
let next = await training.next();
for (; !next.done; next = await training.next()) {
  const { validation: row } = next.value;
  if (!row) continue;
  const { step, trainingLoss, validationLoss, learningRate } = row;
  console.log(`${step}: ${trainingLoss.toFixed(4)} ${validationLoss.toFixed(4)} rate ${learningRate}`);
}
const model = await calibrateProposer(elementProposer(engine, next.value), [...validation]);
await saveModel(modelPath, model);
console.log("temperatures", model.config.temperatures);

/**
 * @param {import("dosmith/train").TrainProposerOptions} options
 * @param {string} setting
 */
function withSetting(options, setting) {
  const [name, text] = setting.split("=");
  const change = { [name]: Number(text) };
  return name in options.config ? { ...options, config: { ...options.config, ...change } } : { ...options, ...change };
}
