export { decodeEnergyModel, encodeEnergyModel, loadEnergyModel, type EnergyModel } from "./checkpoint.js";
export { energySpecs, type EnergyConfig } from "./config.js";
export { readChgnetWheel } from "./import.js";
export { symmetryOperations, type Operation } from "./operations.js";
export { energyPotential, type EnergyResult, type Potential } from "./potential.js";
