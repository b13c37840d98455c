import { expect, it } from "vitest";
import { renderReport } from "../../src/notebook/index.js";
import { drawnSpectra, seriesNames } from "../../src/notebook/report/content.js";
import { candidate, peaks, reportData } from "./samples.js";

const match = { relativeL1: 0.321, relativeL1Broad: 0.2, wasserstein: 0.4 };
const computed = { siteDos: peaks(-2, 3), match, energyAboveHull: 0.123, pressure: -4.5, maxForce: 0.01 };

it("a computed DOS is a third curve, with its numbers in the table", async () => {
  const candidates = [
    candidate(1, { computed }),
    candidate(2),
    candidate(3, { computed: { failure: "time-limit: 600 s" } }),
  ];
  expect(seriesNames(candidates)).toEqual(["predicted", "computed by DFT"]);
  expect(candidates.map((one) => drawnSpectra(one).length)).toEqual([2, 1, 1]);
  const html = await renderReport(reportData({ candidates }));
  for (const text of ["Computed by DFT", "0.321", "0.123", "-4.5", "time-limit: 600 s", "1 of 3 computed by DFT"])
    expect(html).toContain(text);
});

it("an element without a phase has no hull, which is not zero", async () => {
  const html = await renderReport(
    reportData({ candidates: [candidate(1, { computed: { ...computed, energyAboveHull: null } })] }),
  );
  expect(html).toContain('<td class="number">0.321</td><td class="number">–</td><td class="number">-4.5</td>');
});

it("without calculations the table has no columns for them", async () => {
  expect(await renderReport(reportData())).not.toContain('colgroup">Computed by DFT');
});
