import { escapeHtml, prettyFormula } from "../html.js";
import type { ReportCandidate, ReportData } from "../report-data.js";
import { formatCell, volumePerAtom } from "../table.js";

/** "No. 3: AlNi₃, space group 221". */
export function candidateHeading({ rank, formula, spaceGroup }: ReportCandidate): string {
  return `No. ${rank}: ${prettyFormula(formula)}${spaceGroup === undefined ? "" : `, space group ${spaceGroup}`}`;
}

/** The ranked table; the first `selectable` rows choose what is shown below it. */
export function candidateTable(candidates: readonly ReportCandidate[], selectable: number): string {
  if (candidates.length === 0) return `<section><h2>Candidates</h2><p>The run made no candidates.</p></section>`;
  const computed = candidates.some((candidate) => candidate.computed);
  const rows = candidates.map((candidate, index) => candidateRow(candidate, index, index < selectable, computed));
  const rest =
    selectable < candidates.length
      ? `<p class="hint">To keep this page small, chart and view are here for the first ${selectable} candidates only.</p>`
      : "";
  return `<section aria-labelledby="candidates">
<h2 id="candidates">Candidates, best match first</h2>
<p class="hint">Choose a row to see its density of states and its crystal.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="candidates"><table>
<thead>${tableHead(computed)}</thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>${rest}
</section>`;
}

function tableHead(computed: boolean): string {
  return `<tr><th rowspan="2" scope="col">No.</th><th rowspan="2" scope="col" class="text">Formula</th><th rowspan="2" scope="col">Space group</th>
<th rowspan="2" scope="col">Atoms</th><th colspan="3" scope="colgroup">Valid</th><th colspan="3" scope="colgroup">Distance to the target DOS</th>${computed ? `<th colspan="3" scope="colgroup">Computed by DFT</th>` : ""}<th rowspan="2" scope="col">Volume<br><small>Å³/atom</small></th><th rowspan="2" scope="col">File</th></tr>
<tr><th scope="col">structure</th><th scope="col">strict</th><th scope="col">charges</th><th scope="col">L1, 0.2 eV</th><th scope="col">L1, 0.5 eV</th><th scope="col">Wasserstein<br><small>eV</small></th>${computed ? `<th scope="col">L1, 0.2 eV</th><th scope="col">above hull<br><small>eV/atom</small></th><th scope="col">pressure<br><small>GPa</small></th>` : ""}</tr>`;
}

function candidateRow(candidate: ReportCandidate, index: number, selectable: boolean, computed: boolean): string {
  const { rank, validity, match, file, crystal, spaceGroup } = candidate;
  const name = escapeHtml(prettyFormula(candidate.formula));
  const choose = selectable
    ? `<button type="button" class="choose" data-index="${index}" aria-pressed="${index === 0}" aria-label="Show number ${rank}, ${name}">${rank}</button>`
    : String(rank);
  const checks = [validity.structural, validity.strict, validity.chargeNeutral].map(checkCell).join("");
  const numbers = [match.relativeL1, match.relativeL1Broad, match.wasserstein].map((x) => numberCell(x, 3)).join("");
  return `<tr${selectable ? ` data-index="${index}"` : ""}${index === 0 ? ' class="selected"' : ""} title="${escapeHtml(`${candidate.id}, seed index ${candidate.seedIndex}`)}"><td>${choose}</td><th scope="row" class="text">${name}</th><td>${escapeHtml(formatCell(spaceGroup))}</td><td class="number">${crystal.atomicNumbers.length}</td>${checks}${numbers}${computed ? computedCells(candidate) : ""}${numberCell(volumePerAtom(candidate), 2)}<td><a href="${fileLink(file)}">${escapeHtml(file)}</a></td></tr>`;
}

function computedCells({ computed }: ReportCandidate): string {
  if (!computed) return `<td class="number">–</td>`.repeat(3);
  if ("failure" in computed) return `<td colspan="3" class="text">${escapeHtml(computed.failure)}</td>`;
  const { match, energyAboveHull, pressure } = computed;
  return `${numberCell(match.relativeL1, 3)}${numberCell(energyAboveHull, 3)}${numberCell(pressure, 1)}`;
}

function numberCell(value: number | null, decimals: number): string {
  return `<td class="number">${value === null ? "–" : formatCell(value, decimals)}</td>`;
}

function checkCell(passed: boolean | null): string {
  if (passed === null) return `<td class="check"><span aria-label="unknown">–</span></td>`;
  return passed
    ? `<td class="check yes"><span aria-label="yes">✓</span></td>`
    : `<td class="check no"><span aria-label="no">✗</span></td>`;
}

/** A relative link: encoding every part leaves no way to write a scheme. */
function fileLink(file: string): string {
  return escapeHtml(file.split("/").map(encodeURIComponent).join("/"));
}

/** What the numbers mean and do not mean. */
export function explanation(data: ReportData): string {
  const notes = data.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("");
  return `<section aria-labelledby="meaning">
<h2 id="meaning">How to read this</h2>
<p>A diffusion model drew the crystals; a second network predicted their densities of states, and those predictions were compared with the target. A small distance therefore means “the network expects a match”. Where the table says “computed by DFT”, the spectrum is from first principles at the data set's settings; elsewhere neither the spectra nor the stability of a crystal has been computed: it may relax to another structure, or not exist. Only a DFT calculation decides.</p>
<dl class="meanings">
<div><dt>Structure, strict, charges</dt><dd>Structurally valid: no two atoms closer than 0.5 Å and the cell is larger than 0.1 Å³ (the usual, lenient test). Strict: also no pair closer than 0.7 times the sum of its covalent radii, and a volume per atom within that of the training set. Charges: some choice of common oxidation states adds up to zero; metals and alloys need not pass it.</dd></div>
<div><dt>L1, 0.2 eV and 0.5 eV</dt><dd>The area between predicted and target DOS, divided by the area of the target, after both were broadened with a Gaussian of that width. 0 is perfect; 1 is as far away as no states at all. The wider one forgives small shifts of peaks.</dd></div>
<div><dt>Above hull</dt><dd>Energy per atom above the convex hull of the data set's own phases, at the same settings; negative: more stable than all of these. The data set holds few phases, so a small number here does not mean that the crystal can be made. “–”: an element has no phase in the data set.</dd></div>
<div><dt>Wasserstein</dt><dd>How far, on average, states must be moved in energy to turn one DOS into the other, in eV.</dd></div>
<div><dt>The spectra</dt><dd>Density of states inside the atoms' spheres, both spins. Energies count from the Fermi level, or from the valence-band maximum of a gapped crystal. The spheres do not fill space, so their sum is less than the total DOS.</dd></div>
</dl>
${notes ? `<h3>Notes of this run</h3><ul>${notes}</ul>` : ""}
</section>`;
}

/** Model, settings and the command that repeats the run. */
export function provenance(data: ReportData): string {
  const settings: [string, string | number][] = [
    ["model", data.model.name],
    ["trained on", data.model.trainedOn],
    ...targetFacts(data),
    ...Object.entries(data.settings),
  ];
  const list = settings.map(
    ([key, value]) => `<div><dt>${escapeHtml(key)}</dt><dd>${escapeHtml(String(value))}</dd></div>`,
  );
  return `<section aria-labelledby="made">
<h2 id="made">How it was made</h2>
<dl class="settings">${list.join("")}</dl>
<p>The same run again:</p>
<pre tabindex="0"><code>${escapeHtml(data.command)}</code></pre>
</section>`;
}

function targetFacts({ target }: ReportData): [string, string][] {
  const facts: [string, string][] = [];
  if (target.siteDos) facts.push(["target sites", String(target.siteDos.siteCount)]);
  if (target.energyWindow) facts.push(["energies that count", `${target.energyWindow.join(" to ")} eV`]);
  if (target.energyShift !== 0) facts.push(["target shifted by", `${formatCell(target.energyShift)} eV`]);
  return facts;
}
