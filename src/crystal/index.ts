export type { Crystal, Matrix3, Vector3 } from "./crystal.js";
export { crystalOf, type CrystalLike } from "./crystal-like.js";
export { formatCif, parseCif, type CifOptions } from "./cif.js";
export { minimumDistance, neighbours, shortestDistances, type NeighbourList } from "./distances.js";
export {
  UnknownElementError,
  atomicNumber,
  covalentRadius,
  electronegativity,
  elementCount,
  elementData,
  elementSymbol,
  isElement,
  oxidationStates,
  type ElementData,
} from "./elements.js";
export { formatExtxyz, parseExtxyz, type ExtxyzFrame } from "./extxyz.js";
export { composition, formula, parseFormula } from "./formula.js";
export {
  assertRegular,
  canonicalFrame,
  inverse,
  latticeFromParameters,
  latticeParameters,
  toCartesian,
  toFractional,
  volume,
  wrap,
  type LatticeParameters,
} from "./lattice.js";
export { formatPoscar, parsePoscar, type PoscarOptions } from "./poscar.js";
export {
  crystalFormat,
  crystalFormats,
  formatCrystal,
  parseCrystals,
  readCrystalFile,
  readCrystals,
  type CrystalFileFormat,
  type CrystalFormat,
  type ReadCrystalsOptions,
} from "./read.js";
export { atSymmetricOrigin, primitiveCell, spaceGroup, standardCell, symmetrise, type SpaceGroup } from "./symmetry.js";
export { permuteAtoms, rotate, scaleVolume, supercell, translate } from "./transform.js";
export { assertCrystal, overlapDistance } from "./validate.js";
