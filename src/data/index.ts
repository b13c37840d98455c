export { appendLine, writeFileAtomic } from "./files.js";
export type { DosRecord } from "./record.js";
export { decodeSafetensors, encodeSafetensors } from "./safetensors.js";
export type { SafetensorsArrays, SafetensorsDtype, SafetensorsFile, SafetensorsTensor } from "./safetensors.js";
