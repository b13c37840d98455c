import { sequentialScale } from "./palette.js";

/**
 * Page code that draws a `Scene` with 3Dmol: `makeViewer(element, label)` gives a viewer that the keyboard can turn,
 * `drawScene(viewer, scene, fit)` shows a scene in it, keeping the point of view unless `fit` (a zoom);
 * `drawLegend(element, legend)` says what its colours mean.
 */
export const sceneScript = `
function drawLegend(element, legend) {
  const piece = (className, text, background) => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    if (background) span.style.background = background;
    return span;
  };
  const jmol = (symbol) => "#" + ($3Dmol.elementColors.Jmol[symbol] ?? 0xff1493).toString(16).padStart(6, "0");
  if (legend.kind === "scale")
    element.replaceChildren(legend.label + " ", legend.low, piece("scale", "", "linear-gradient(90deg, ${sequentialScale.join(", ")})"), legend.high);
  else {
    const entries = legend.kind === "sites" ? legend.entries : legend.symbols.map((text) => ({ text, color: jmol(text) }));
    element.replaceChildren(...entries.flatMap(({ text, color }) => [piece("swatch", "", color), text + " "]));
  }
}
function makeViewer(element, label) {
  const viewer = $3Dmol.createViewer(element, { backgroundColor: "white", backgroundAlpha: 0, antialias: true });
  if (!viewer) throw new Error("WebGL is not available");
  viewer.setProjection("orthographic");
  element.tabIndex = 0;
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", "3D view of " + label + "; arrow keys turn it, plus and minus zoom");
  element.addEventListener("keydown", (event) => {
    const turns = { ArrowLeft: ["y", -10], ArrowRight: ["y", 10], ArrowUp: ["x", -10], ArrowDown: ["x", 10] };
    const zooms = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 };
    if (turns[event.key]) viewer.rotate(turns[event.key][1], turns[event.key][0]);
    else if (zooms[event.key]) viewer.zoom(zooms[event.key]);
    else return;
    event.preventDefault();
  });
  return viewer;
}
function drawScene(viewer, scene, fit) {
  const [cx, cy, cz] = scene.centre;
  const point = ([x, y, z]) => ({ x: x - cx, y: y - cy, z: z - cz });
  viewer.removeAllModels();
  viewer.removeAllShapes();
  viewer.removeAllLabels();
  const neighbours = scene.atoms.map(() => []);
  for (const [i, j] of scene.bonds) { neighbours[i].push(j); neighbours[j].push(i); }
  const model = viewer.addModel();
  model.addAtoms(scene.atoms.map((atom, index) => ({
    elem: atom.elem, serial: index, ...point(atom.position), properties: { site: atom.site },
    bonds: neighbours[index], bondOrder: neighbours[index].map(() => 1),
  })));
  const paint = (color) => (color ? { color } : { colorscheme: "Jmol" });
  const spheres = scene.style === "spheres";
  scene.atoms.forEach((atom, index) => {
    const style = { sphere: { scale: spheres ? 0.75 : 0.32, ...paint(atom.color) } };
    if (!spheres && scene.bonds.length) style.stick = { radius: 0.09, ...paint(atom.color) };
    model.setStyle({ serial: index }, style);
  });
  for (const { text, position } of scene.atoms.filter((atom) => atom.text))
    viewer.addLabel(text, { position: point(position), inFront: true, alignment: "center", fontSize: 12, fontColor: "white", backgroundOpacity: 0.45, padding: 1 });
  for (const [start, end] of scene.block) viewer.addLine({ start: point(start), end: point(end), color: "#9a9a9a" });
  for (const [start, end] of scene.cell)
    viewer.addCylinder({ start: point(start), end: point(end), radius: 0.035, color: "#808080", fromCap: 1, toCap: 1 });
  if (fit) {
    viewer.setView([0, 0, 0, 0, -0.6011, -0.1333, -0.1706, 0.7693]); // z up, seen from a little above and aside
    viewer.zoomTo();
    viewer.zoom(fit);
  }
  viewer.render();
}`;
