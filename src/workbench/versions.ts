import { createRequire } from "node:module";
import { packageFile } from "./bundled.js";

/** Versions that a result depends on, by package. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (name: string) => (require(name) as { version: string }).version;
  return {
    dosmith: version(packageFile),
    node: process.versions.node,
    "onnxruntime-node": version("onnxruntime-node/package.json"),
    "@tensorflow/tfjs": version("@tensorflow/tfjs/package.json"),
  };
}
