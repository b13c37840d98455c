export { checkReference } from "./check.js";
export { parseReferenceFile, type ReferenceFile } from "./file.js";
export { tolerances, type ReferenceRow } from "./rows.js";
