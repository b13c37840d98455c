// What the package carries inside itself (bundleDependencies in package.json), because npm cannot install it elsewhere as it is:
// onnxruntime-node's install script downloads CUDA libraries, danfojs-node asks for files outside the registry. A package cannot
// set flags or overrides for its user, so the bundled copies are changed here. Doing it again changes nothing.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {Record<string, any>} Manifest  package.json */

/** Changes node_modules of a folder so that `npm pack` there bundles what installs anywhere. @param {string} root */
export function prepareBundled(root) {
  const modules = join(root, "node_modules");
  changeManifest(join(modules, "onnxruntime-node"), withoutDownload);
  const danfo = join(modules, "danfojs-node");
  changeManifest(danfo, fromRegistry);
  change(join(danfo, "dist", "danfojs-base", "shared", "tensorflowlib.js"), (code) =>
    code.replaceAll('"@tensorflow/tfjs-node"', '"@tensorflow/tfjs"'),
  );
}

/** onnxruntime-node without its install script and the packages that only the script uses. @param {Manifest} manifest */
function withoutDownload(manifest) {
  const { "onnxruntime-common": common } = manifest.dependencies;
  return { ...without(manifest, "scripts"), dependencies: { "onnxruntime-common": common } };
}

/** danfojs-node on our own tfjs, with the spreadsheet reader that stands in the registry. @param {Manifest} manifest */
function fromRegistry(manifest) {
  return {
    ...manifest,
    dependencies: { ...without(manifest.dependencies, "@tensorflow/tfjs-node"), xlsx: "npm:@e965/xlsx@0.20.3" },
    peerDependencies: { "@tensorflow/tfjs": "^4.22.0" },
  };
}

/** @param {Manifest} record @param {string} name */
function without(record, name) {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

/** @param {string} folder @param {(manifest: Manifest) => Manifest} edit */
function changeManifest(folder, edit) {
  change(join(folder, "package.json"), (text) => `${JSON.stringify(edit(JSON.parse(text)), null, 2)}\n`);
}

/** Replaces a file, never writes into it: package managers share files between folders by hard links. @param {string} path @param {(text: string) => string} edit */
function change(path, edit) {
  const text = readFileSync(path, "utf8");
  const edited = edit(text);
  if (edited === text) return;
  writeFileSync(`${path}.new`, edited);
  renameSync(`${path}.new`, path);
}
