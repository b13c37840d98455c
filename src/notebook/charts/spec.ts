import { neutral } from "../palette.js";

/** A Vega-Lite 5 specification: a plain object, ready for JSON. */
export interface VegaLiteSpec {
  /** Names the language; nothing is loaded from it. */
  readonly $schema: string;
  readonly [key: string]: unknown;
}

const schema = "https://vega.github.io/schema/vega-lite/v5.json";

/** Look shared by all charts: transparent, system font, greys that read on a light and on a dark page. */
const config = {
  background: "transparent",
  font: "system-ui, -apple-system, 'Segoe UI', sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: neutral,
    titleColor: neutral,
    titleFontWeight: "normal",
    domainColor: neutral,
    tickColor: neutral,
    gridColor: neutral,
    gridOpacity: 0.18,
  },
  legend: { labelColor: neutral, titleColor: neutral, titleFontWeight: "normal", orient: "top", labelLimit: 320 },
  header: { labelColor: neutral, titleColor: neutral, labelFontWeight: "bold" },
  title: { color: neutral, anchor: "start", fontWeight: "bold" },
} as const;

/**
 * A chart of your own in the common look: any parts of a Vega-Lite 5 specification (data, mark, encoding, layer, ...).
 *
 * @example
 *     const values = [{ energy: 0, dos: 1 }, { energy: 1, dos: 2 }];
 *     const encoding = { x: { field: "energy", type: "quantitative" }, y: { field: "dos", type: "quantitative" } };
 *     await show(chartSpec({ data: { values }, mark: "line", encoding }));
 */
export function chartSpec(parts: Readonly<Record<string, unknown>>): VegaLiteSpec {
  return { $schema: schema, config, ...parts };
}

/** Whether a value came from a file or a model as a real number; charts leave out the others. */
export function isFiniteNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** `{ title }` or nothing, for spreading into a specification. */
export function optionalTitle(title: string | undefined): { title?: string } {
  return title === undefined ? {} : { title };
}
