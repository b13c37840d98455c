// Makes models/energy.safetensors from CHGNet's wheel, without Python:
//   pip download --no-deps chgnet==0.4.2 && npm run build && node scripts/import-energy-model.mjs chgnet-0.4.2-*.whl
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "dosmith/data";
import { encodeEnergyModel, readChgnetWheel } from "dosmith/energy";

const [path, ...rest] = process.argv.slice(2);
if (!path || rest.length > 0) throw new Error("usage: node scripts/import-energy-model.mjs WHEEL");
const model = readChgnetWheel(await readFile(path), basename(path));
const target = fileURLToPath(new URL("../models/energy.safetensors", import.meta.url));
await writeFileAtomic(target, encodeEnergyModel(model));
const weights = [...model.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
console.log(`${target}: ${weights} weights\n${JSON.stringify(model.config, null, 2)}`);
