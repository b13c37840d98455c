import { expect, test } from "vitest";
import { html, prettyFormula } from "../../src/notebook/index.js";

test.each([
  ["Ni3Al", "AlNi₃"],
  ["ClNa", "NaCl"],
  ["O3SrTi", "SrTiO₃"],
  ["Si", "Si"],
  ["AgMgBr3 guess", "AgMgBr₃ guess"],
])("prettyFormula: %s is %s", (formula, pretty) => expect(prettyFormula(formula)).toBe(pretty));

test("html takes a string as it is and escapes what is put into a template, but for Html", () => {
  expect(html("<b>x</b>").markup).toBe("<b>x</b>");
  const views = [html("<i>1</i>"), html("<i>2</i>")];
  expect(html`<p>${"<svg onload=alert(1)>"} ${3}${views}</p>`.markup).toBe(
    "<p>&lt;svg onload=alert(1)&gt; 3<i>1</i><i>2</i></p>",
  );
});
