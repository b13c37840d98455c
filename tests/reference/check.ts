import type { Engine } from "../../src/runtime/index.js";
import { denoiserChecks, dosPredictionChecks } from "./denoiser-check.js";
import type { ReferenceFile } from "./file.js";
import { hostChecks } from "./host-checks.js";
import { referenceNetwork } from "./network.js";
import type { ReferenceRow } from "./rows.js";
import { samplingChecks } from "./sampling-check.js";
import { trainingChecks } from "./training-check.js";

/**
 * Runs every comparison that a file of reference numbers allows: what needs no network once, the rest on each engine.
 * Yields rows as they are known; what the file does not say is a row too.
 *
 * @param file from `parseReferenceFile`
 * @throws Error naming the file and the entry when entries do not fit each other
 */
export async function* checkReference(file: ReferenceFile, engines: readonly Engine[]): AsyncGenerator<ReferenceRow> {
  yield* hostChecks(file);
  const network = referenceNetwork(file);
  for (const engine of engines) {
    yield* await denoiserChecks(engine, network, file.content.denoiser);
    yield* await dosPredictionChecks(engine, network, file.content);
    yield* await trainingChecks(engine, network, file.content);
    yield* await samplingChecks(engine, network, file.content);
  }
}
