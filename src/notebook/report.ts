import { libraryHash, packedElement, packedLibrary, packText, scriptHash } from "./assets.js";
import { dosChart } from "./charts/dos-chart.js";
import { escapeHtml } from "./html.js";
import { toSvg } from "./render.js";
import { drawnSpectra, pageContent } from "./report/content.js";
import { pageScript } from "./report/script.js";
import { pageStyle } from "./report/style.js";
import { candidateHeading, candidateTable, explanation, provenance } from "./report/sections.js";
import type { ReportCandidate, ReportData } from "./report-data.js";

const libraries = ["vega", "vega-lite", "3dmol"] as const;

/**
 * The whole run as one HTML page that works from a file, without a network: ranked candidates, target against predicted
 * DOS, 3D views, what the numbers mean and how to repeat them. Under about 3 MB; when there are very many candidates
 * only the first ones carry their chart and view, and the page says so.
 *
 * @throws Error when the target has no spectrum, or a pairing does not fit.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const candidates = [...data.candidates].sort((a, b) => a.rank - b.rank);
  const content = pageContent(data, candidates);
  const [chart, policy, ...packed] = await Promise.all([
    staticChart(data, candidates[0]),
    contentPolicy(),
    ...libraries.map(async (name) => packedElement(name, await packedLibrary(name))),
  ]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(data.title)}</title>
<style>${pageStyle}</style>
</head>
<body>
${header(data, candidates)}
<main>
${candidateTable(candidates, content.candidates.length)}
${details(candidates[0], chart)}
${explanation(data)}
${provenance(data)}
</main>
${packed.join("\n")}
${packedElement("content", packText(JSON.stringify(content)))}
<script>${pageScript}</script>
</body>
</html>
`;
}

/**
 * Nothing may be loaded, and no script runs but the page's own and its libraries, by their hashes: markup that found its way into a
 * label could not. Vega compiles its expressions, hence unsafe-eval.
 */
async function contentPolicy(): Promise<string> {
  const hashes = [scriptHash(pageScript), ...(await Promise.all(libraries.map(libraryHash)))];
  return `default-src 'none'; script-src ${hashes.join(" ")} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'`;
}

function header(data: ReportData, candidates: readonly ReportCandidate[]): string {
  const valid = candidates.filter((candidate) => candidate.validity.structural).length;
  return `<header>
<p class="kicker">dosmith · crystals for a density of states</p>
<h1>${escapeHtml(data.title)}</h1>
<p class="lead">Target: <strong>${escapeHtml(data.target.label)}</strong>. ${candidates.length} ${candidates.length === 1 ? "candidate" : "candidates"}, ${valid} structurally valid.</p>
<p class="caution">${caution(candidates)}</p>
</header>`;
}

function caution(candidates: readonly ReportCandidate[]): string {
  const computed = candidates.filter((candidate) => candidate.computed && "siteDos" in candidate.computed).length;
  return computed === 0
    ? "<strong>Predicted by a network, not computed by DFT.</strong> Both the crystals and their densities of states below are a model's proposals. Relax and compute a crystal before you rely on it (dosmith verify does)."
    : `<strong>${computed} of ${candidates.length} computed by DFT; the rest is predicted by a network.</strong> Crystals without a computed density of states are a model's proposals.`;
}

/** The selected candidate: its chart (a still one until the page's script has drawn) and its 3D view. */
function details(first: ReportCandidate | undefined, chart: string): string {
  if (!first) return "";
  return `<section aria-labelledby="selected">
<h2 id="selected" aria-live="polite">${escapeHtml(candidateHeading(first))}</h2>
<div class="details">
<figure class="chart"><div id="chart">${chart}</div>
<figcaption>Filled grey: the target. Lines: predicted for this candidate, and computed where DFT was asked. Hold Ctrl (or ⌘) and scroll to zoom in energy, drag to move, double-click to reset; click the legend to show one series alone.</figcaption></figure>
<figure class="view"><div id="view" class="scene"></div>
<figcaption><span id="scene-label"></span> <span id="elements"></span><br>Drag or use the arrow keys to turn it, Ctrl and scroll, or + and −, to zoom.</figcaption></figure>
</div>
<div id="gallery" class="gallery" role="group" aria-label="Choose a candidate by its picture"></div>
</section>`;
}

async function staticChart({ target, siteLabels }: ReportData, first: ReportCandidate | undefined): Promise<string> {
  if (!first) return "";
  return toSvg(dosChart({ target, candidates: drawnSpectra(first), ...(siteLabels ? { siteLabels } : {}) }));
}
