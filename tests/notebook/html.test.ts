import { expect, test } from "vitest";
import { prettyFormula } from "../../src/notebook/index.js";

test.each([
  ["Ni3Al", "AlNi₃"],
  ["ClNa", "NaCl"],
  ["O3SrTi", "SrTiO₃"],
  ["Si", "Si"],
  ["AgMgBr3 guess", "AgMgBr₃ guess"],
])("prettyFormula: %s is %s", (formula, pretty) => expect(prettyFormula(formula)).toBe(pretty));
