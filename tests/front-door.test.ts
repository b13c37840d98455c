// What `import ... from "dosmith"` has. It grows on purpose only: a name that few programs need is at home in its room.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as dosmith from "../src/index.js";

const names = [
  ...["Interrupted", "openWorkbench", "studyTable"],
  ...["atomicNumber", "composition", "crystalOf", "elementSymbol", "formatCrystal", "formula", "latticeParameters"],
  ...["readCrystals", "spaceGroup", "supercell", "volume"],
  ...["bandEdges", "broadenDos", "energies", "integrate", "makeTarget", "matchDos", "materialsProject", "meanOfSites"],
  ...["occupiedElectrons", "readDosFile", "relativeL1", "siteCurve", "standardGrid", "sumOfSites", "targetFromDos"],
  ...["targetFromRecord", "wasserstein"],
  ...["Dataset", "buildDataset", "isEquilibrium", "openDataset", "readReferenceJson", "streamDataset"],
  ...["writeReferenceJson"],
  ...["DisposedError", "availableBackends", "createEngine"],
  ...["dosPredictor", "loadDenoiser", "loadModel", "loadPredictor", "saveModel"],
  ...["crystalGenerator"],
  ...["defaultDenoiserOptions", "defaultPredictorOptions", "denoiserRun", "predictorRun", "runTraining"],
  ...["trainWithFiles"],
  ...["isChargeNeutral", "isSameStructure", "isStrictlyValid", "isStructurallyValid", "metrics", "qualityTable"],
  ...["rankCandidates", "retrievalGenerator", "trueStructureGenerator"],
  ...["hullOf", "verify"],
];

test("the front door has these names and no others", () => {
  expect(Object.keys(dosmith).sort()).toEqual([...names].sort());
  expect(names.length).toBeLessThanOrEqual(66);
});

test("what README imports from the front door is there", () => {
  const imports = [...readFileSync("README.md", "utf8").matchAll(/import \{([^}]*)\} from "dosmith"/g)];
  const used = imports.flatMap(([, list]) => list.split(",")).map((name) => name.trim());
  expect(used.filter((name) => !names.includes(name) && !name.startsWith("type "))).toEqual([]);
  expect(used.length).toBeGreaterThan(0);
});
