// Trains and calibrates the element proposer:  node scripts/train-proposer.mjs OUT_FOLDER [SETTING=VALUE ...]
// Settings: those of `defaultProposerOptions` (steps=3000 seed=1 hiddenDim=512 ...). Stopped, it goes on where it was.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDataset } from "../dist/data/index.js";
import { elementProposer, saveModel } from "../dist/model/index.js";
import { createEngine } from "../dist/runtime/index.js";
import { calibrateProposer, defaultProposerOptions, proposerRun, trainWithFiles } from "../dist/train/index.js";

const [out, ...settings] = process.argv.slice(2);
if (!out) throw new Error("usage: node scripts/train-proposer.mjs OUT_FOLDER [SETTING=VALUE ...]");
const options = settings.map((s) => s.split("=")).reduce(withSetting, defaultProposerOptions);
const dataset = await openDataset(fileURLToPath(new URL("../datasets/pbe-prototypes", import.meta.url)));
const { train, validation } = dataset.split();
const run = proposerRun([...train], [...validation], options);
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
  if (row)
    console.log(
      `${row.step}: ${row.trainingLoss.toFixed(4)} ${row.validationLoss.toFixed(4)} rate ${row.learningRate}`,
    );
}
const proposer = elementProposer(engine, next.value);
const model = await calibrateProposer(proposer, [...validation]);
await saveModel(modelPath, model);
console.log("temperatures", model.config.temperatures);

function withSetting(options, [name, text]) {
  const value = Number(text);
  return name in options.config
    ? { ...options, config: { ...options.config, [name]: value } }
    : { ...options, [name]: value };
}
