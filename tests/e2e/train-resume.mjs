// Trains with files until it is finished or killed; appends each step's loss to a log.
// Arguments: the compiled library's folder, the records, the run's folder.
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [library, records, folder] = process.argv.slice(2);
const room = (/** @type {string} */ name) => import(pathToFileURL(join(library, name, "index.js")).href);
const [{ recordFromJson }, { compiledEngine }, { defaultDenoiserOptions, denoiserRun, trainWithFiles }] =
  await Promise.all([room("data"), room("runtime"), room("train")]);

const lines = readFileSync(records, "utf8").trim().split("\n");
const crystals = lines.map((line, i) => recordFromJson(JSON.parse(line), `line ${i + 1}`));
const config = { ...defaultDenoiserOptions.config, hiddenDim: 16, layerCount: 2, timesteps: 50 };
const options = { ...defaultDenoiserOptions, config, steps: 200, batchSize: 6, validateEvery: 30, seed: 3 };
const files = {
  modelPath: join(folder, "model.safetensors"),
  statePath: join(folder, "state.safetensors"),
  saveEvery: 5,
  info: {},
};
const engine = await compiledEngine({ threads: 1 });
for await (const { step, loss } of trainWithFiles(engine, denoiserRun(crystals, crystals.slice(0, 2), options), files))
  appendFileSync(join(folder, "losses.txt"), `${step} ${loss}\n`);
appendFileSync(join(folder, "losses.txt"), "finished\n");
process.exit(0);
