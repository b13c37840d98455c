export { findPrefix, readDosmatgenCheckpoint, type DosmatgenImport } from "./dosmatgen.js";
export { readLightningCheckpoint, type LightningCheckpoint } from "./lightning.js";
export type { Plain } from "./plain.js";
