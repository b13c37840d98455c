import { isEquilibrium, type Dataset, type DosRecord } from "../data/index.js";
import { trainingSet, type TrainingSet } from "../evaluate/index.js";

/** The equilibria on the side of a data set that the bundled models were trained on; all where there is no fixed split. */
export function trainingRecords(dataset: Dataset): DosRecord[] {
  return [...(dataset.info?.split === "formula-hash" ? dataset.split().train : dataset).filter(isEquilibrium)];
}

/** The same as what novelty and the strict validity need. @throws Error when there are none */
export function trainingSetOf(dataset: Dataset): TrainingSet {
  return trainingSet(trainingRecords(dataset));
}
