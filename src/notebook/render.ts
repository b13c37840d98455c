import type { TopLevelSpec } from "vega-lite";
import type { VegaLiteSpec } from "./charts/spec.js";

/**
 * A chart as an SVG image, made in Node without a canvas. Vega is loaded on first use.
 *
 * @throws Error when the specification is not valid Vega-Lite.
 */
export async function toSvg(spec: VegaLiteSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const warnings: string[] = [];
  const compiled = vegaLite.compile(spec as unknown as TopLevelSpec, { logger: collectInto(warnings) });
  if (warnings.length > 0) throw new Error(`chart specification: ${warnings.join("; ")}`);
  // Vega itself would warn that Node has no window to listen to.
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", logLevel: vega.None });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** A logger that keeps what is wrong, so that a bad chart is an error and not a line on the terminal. */
function collectInto(messages: string[]) {
  const logger = {
    level: () => logger,
    warn: (...parts: readonly unknown[]) => (messages.push(parts.join(" ")), logger),
    error: (...parts: readonly unknown[]) => (messages.push(parts.join(" ")), logger),
    info: () => logger,
    debug: () => logger,
  };
  return logger as never;
}
