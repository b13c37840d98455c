import { crystalOf, type Crystal, type CrystalLike } from "../crystal/index.js";
import { packedElement, packedLibrary, unpackScript } from "./assets.js";
import { escapeHtml, Html, scriptJson } from "./html.js";
import { crystalScene, defaultSupercell, type SceneOptions } from "./scene.js";
import { sceneScript } from "./scene-page.js";

/** Settings of a 3D view. */
export interface ViewOptions extends SceneOptions {
  /** Pixels; the width is at most that of the page. */
  readonly size?: readonly [number, number];
  /** Replaces the formula under the picture. */
  readonly label?: string;
}

/** Settings of a played view. */
export interface TrajectoryViewOptions extends ViewOptions {
  /** Default 8. */
  readonly framesPerSecond?: number;
}

/**
 * A crystal to turn and zoom (mouse, touch; arrow keys, + and -), as HTML that needs nothing but itself: 3Dmol is
 * packed inside a sandboxed frame (about 220 kB).
 *
 * @throws Error when the supercell is not three positive integers or too large, or a coordinate is not finite.
 *
 * @example
 *     await show(await crystalView(crystal, { supercell: [2, 2, 2], colourBy: "site" }));
 */
export async function crystalView(crystal: CrystalLike, options: ViewOptions = {}): Promise<Html> {
  return framedView([crystalOf(crystal)], options);
}

/**
 * The frames of a generation (`frameEvery` of the generator's options) or a relaxation, played, paused and stepped
 * through. All show as many cells as the last one, which decides the zoom and stays a moment longer.
 *
 * @throws Error when there are no frames, or a frame is not finite.
 */
export async function trajectoryView(
  frames: readonly CrystalLike[],
  options: TrajectoryViewOptions = {},
): Promise<Html> {
  const crystals = frames.map(crystalOf);
  const last = crystals.at(-1);
  if (!last) throw new Error("trajectory: expected at least one crystal, found none");
  const supercell = options.supercell ?? defaultSupercell(last);
  return framedView(crystals, { ...options, supercell }, options.framesPerSecond ?? 8);
}

async function framedView(crystals: readonly Crystal[], options: ViewOptions, framesPerSecond = 0): Promise<Html> {
  const [width, height] = options.size ?? [480, 360];
  const scenes = crystals.map((crystal) => {
    const scene = crystalScene(crystal, options);
    return { ...scene, label: options.label ?? scene.label };
  });
  const page = framePage(await packedLibrary("3dmol"), scenes, framesPerSecond);
  const title = escapeHtml(`3D view of ${scenes[0]?.label ?? ""}`);
  return new Html(
    `<iframe title="${title}" sandbox="allow-scripts" loading="lazy" style="width:${width}px;max-width:100%;height:${height}px;border:0;color-scheme:normal" srcdoc="${escapeHtml(page)}"></iframe>`,
  );
}

function framePage(library: string, scenes: readonly object[], framesPerSecond: number): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><style>${frameStyle}</style>
<div id="view" class="scene"></div><div id="controls" hidden><button id="play">Pause</button><input id="at" type="range" min="0" value="0" aria-label="frame"></div><p><span id="label"></span> <span id="legend"></span></p>
${packedElement("3dmol", library)}<script>${unpackScript}${sceneScript}
const scenes = ${scriptJson(scenes)}, framesPerSecond = ${framesPerSecond};${frameScript}</script></html>`;
}

const frameStyle = `html,body{margin:0;height:100%;font:13px system-ui,sans-serif;color:#777;background:transparent}
body{display:flex;flex-direction:column}.scene{flex:1;position:relative;min-height:0}
.scene:focus-visible{outline:2px solid #0072B2;outline-offset:-2px}p{margin:4px 8px;text-align:center}#legend{white-space:nowrap}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:50%;border:1px solid #777;margin:0 .3em 0 .6em;vertical-align:-.05em}
.scale{display:inline-block;width:7em;height:.8em;border-radius:3px;margin:0 .5em;vertical-align:-.05em}
#controls{display:flex;gap:8px;padding:4px 8px}#controls[hidden]{display:none}#at{flex:1}`;

const frameScript = `
const element = (id) => document.getElementById(id);
let at = 0, timer, viewer;
const last = scenes.length - 1;
function show(index) {
  at = index % scenes.length;
  drawScene(viewer, scenes[at]);
  element("at").value = at;
  element("label").textContent = scenes[at].label + (last > 0 ? ", frame " + (at + 1) + " of " + scenes.length : "");
  drawLegend(element("legend"), scenes[at].legend);
}
let seen = true;
function play(on) {
  clearTimeout(timer);
  const next = () => {
    const start = performance.now();
    if (seen) show(at + 1); // what nobody sees costs nothing
    later(2 * (performance.now() - start)); // a slow machine has time for the rest of the page
  };
  const later = (least) => { timer = setTimeout(next, Math.max(least, at === last ? 2000 : 1000 / framesPerSecond)); };
  if (on) later(0);
  element("play").textContent = on ? "Pause" : "Play";
  element("play").dataset.on = on ? "1" : "";
}
runPacked("3dmol").then(() => {
  viewer = makeViewer(element("view"), "crystal");
  drawScene(viewer, scenes[last], last > 0 ? 1.3 : 1.8);
  show(0);
  document.body.dataset.ready = "1";
  if (last === 0) return;
  element("controls").hidden = false;
  element("at").max = last;
  new IntersectionObserver(([entry]) => { seen = entry.isIntersecting; }).observe(element("view"));
  element("at").oninput = (event) => { play(false); show(Number(event.target.value)); };
  element("play").onclick = () => play(!element("play").dataset.on);
  play(framesPerSecond > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches);
}).catch((error) => { element("label").textContent = "No 3D view here (it needs WebGL): " + error.message; });
`;
