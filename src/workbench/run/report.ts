import { elementSymbol } from "../../crystal/index.js";
import type { DosMatch } from "../../evaluate/index.js";
import type { JudgedCrystal } from "../judge.js";
import { matchNumbers } from "../judged-row.js";
import type { ReportCandidate, ReportComputed, ReportData, ReportMatch } from "../report-data.js";
import { computedProperty, type ComputedCrystal } from "./computed.js";
import { cifName } from "./crystal-lines.js";
import { runNotes } from "./notes.js";
import type { Run } from "./run.js";
import { readableSettings } from "./settings.js";

/** Everything that the report of a run says; `renderReport` of the notebook room makes a page of it. */
export function reportData(run: Run): ReportData {
  const { file, target, candidates } = run;
  const siteLabels = target.siteDos && target.trueCrystal?.atomicNumbers.map(elementSymbol);
  return {
    title: `Crystals for ${target.label}`,
    command: file.command,
    target,
    ...(siteLabels && { siteLabels }),
    candidates: candidates.flatMap((item, k) => reportCandidate(item, k + 1, run)),
    settings: { ...readableSettings(file.run.settings), backend: file.run.backend, ...file.versions },
    model: file.judging.model,
    notes: runNotes(run),
  };
}

/** A structurally invalid crystal has no spectrum, hence no place in the report; the notes count it. */
function reportCandidate(item: JudgedCrystal, rank: number, { computed }: Run): ReportCandidate[] {
  const { index, crystal, formula, spaceGroup, predicted, pairing, structural, strict, chargeNeutral } = item;
  if (!predicted) return [];
  const found = computed?.get(index);
  return [
    {
      rank,
      id: `crystal ${index + 1}`,
      file: cifName(index),
      crystal,
      formula,
      ...(spaceGroup && { spaceGroup: spaceGroup.number }),
      validity: { structural, strict, chargeNeutral },
      match: reportMatch(item.match),
      predicted,
      ...(pairing && { pairing }),
      ...(found && { computed: reportComputed(found) }),
      seedIndex: index,
    },
  ];
}

function reportComputed({ verification, match, pairing, hull }: ComputedCrystal): ReportComputed {
  if (verification.status === "failed") return { failure: `${verification.reason}: ${verification.message}` };
  return {
    siteDos: verification.record.siteDos,
    ...(pairing && { pairing }),
    match: reportMatch(match),
    energyAboveHull: hull?.kind === "hull" ? hull.energyAboveHull : null,
    pressure: computedProperty(verification, "pressure_GPa"),
    maxForce: computedProperty(verification, "fmax_eV_A"),
  };
}

function reportMatch(match: DosMatch | null): ReportMatch {
  const { relativeL1, relativeL1Broad, wasserstein } = matchNumbers(match);
  return {
    relativeL1: relativeL1 ?? NaN,
    relativeL1Broad: relativeL1Broad ?? NaN,
    wasserstein: wasserstein ?? NaN,
  };
}
