import { unpackScript } from "../assets.js";
import { neutral, seriesColor } from "../palette.js";
import { sceneScript } from "../scene-page.js";

/** The report's behaviour: choose a candidate by row, number or picture; draw its chart and its crystal. */
export const pageScript = `${unpackScript}${sceneScript}
(async () => {
const $ = (id) => document.getElementById(id);
const content = JSON.parse(await unpack($("content").textContent));
const chosen = () => content.candidates[current];
let current = 0, chart, viewer;
if (content.candidates.length === 0) return;

function rowsOf(curves) {
  return curves.flatMap(({ panel, series, curve, start, stop, dos }) =>
    dos.map((value, i) => ({ panel, series, curve, energy: start + ((stop - start) * i) / (dos.length - 1), dos: value })));
}
function chartSpec() {
  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const spec = JSON.parse(JSON.stringify(content.spec).replaceAll("${neutral}", theme("--muted")).replaceAll("${seriesColor(0)}", theme("--series")));
  const room = $("chart").clientWidth, columns = content.panelCount > 1 && room > 520 ? 2 : 1;
  spec.columns = columns;
  spec.spec.width = Math.max(180, Math.floor((room - 24) / columns) - 62);
  spec.data.values = rowsOf(content.target.concat(chosen().curves));
  return spec;
}
async function drawChart() {
  chart?.finalize();
  $("chart").replaceChildren();
  chart = new vega.View(vega.parse(vegaLite.compile(chartSpec()).spec), { renderer: "svg", container: $("chart"), hover: true });
  await chart.runAsync();
}
function drawCrystal() {
  if (!viewer) return;
  drawScene(viewer, chosen().scene, 1.4);
  $("scene-label").textContent = chosen().scene.label;
  drawLegend($("elements"), chosen().scene.legend);
}
function choose(index) {
  current = index;
  $("selected").textContent = chosen().heading;
  for (const row of document.querySelectorAll("tr[data-index]")) row.classList.toggle("selected", Number(row.dataset.index) === index);
  for (const button of document.querySelectorAll("button[data-index]")) button.setAttribute("aria-pressed", Number(button.dataset.index) === index);
  chart?.data("rows", rowsOf(content.target.concat(chosen().curves))).runAsync();
  drawCrystal();
}
function drawGallery() {
  const frame = document.createElement("div");
  frame.style.cssText = "position:fixed;left:-999px;top:0;width:240px;height:180px";
  document.body.append(frame);
  const painter = makeViewer(frame, "a picture");
  $("gallery").replaceChildren(...content.candidates.slice(0, 8).map((candidate, index) => {
    drawScene(painter, candidate.scene, 1.4);
    const button = document.createElement("button"), image = new Image();
    button.type = "button";
    button.dataset.index = index;
    button.setAttribute("aria-pressed", index === current);
    image.src = painter.pngURI();
    image.alt = "";
    button.append(image, candidate.rank + ". " + candidate.label);
    return button;
  }));
  frame.querySelector("canvas")?.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
  frame.remove();
}
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-index]");
  if (target && !event.target.closest("a")) choose(Number(target.dataset.index));
});
const redraw = () => { if (chart) drawChart(); };
for (const id of ["chart", "view"]) $(id).addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); // the wheel alone scrolls the page
}, { capture: true });
let timer, width = innerWidth;
addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => { if (width !== innerWidth) { width = innerWidth; redraw(); } }, 200); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

await runPacked("vega");
await runPacked("vega-lite");
await drawChart();
try {
  await runPacked("3dmol");
  viewer = makeViewer($("view"), "the chosen crystal");
  drawCrystal();
  if (content.candidates.length > 1) drawGallery();
} catch (error) {
  viewer = undefined;
  const text = document.createElement("p");
  text.textContent = "No 3D view here (it needs WebGL): " + error.message;
  $("view").replaceChildren(text);
}
document.body.dataset.ready = "1";
})();
`;
