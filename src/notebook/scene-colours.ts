import { elementSymbol, type Crystal } from "../crystal/index.js";
import { neutral, sequentialColor, seriesColor } from "./palette.js";
import { formatCell } from "./table.js";

/** Colours of a sequential scale, from dark violet (low) to yellow (high), one for each site of the cell. */
export interface ColourByValue {
  /** [N] a number of each site, such as how far its DOS is from the target; null or NaN: grey. */
  readonly values: readonly (number | null)[];
  /** What the number is, with its unit. */
  readonly label?: string;
  /** Values of the scale's ends; by default the smallest and the largest value. */
  readonly domain?: readonly [number, number];
}

/** What the colours of a scene mean. */
export type SceneLegend =
  | { readonly kind: "elements"; readonly symbols: readonly string[] }
  | { readonly kind: "sites"; readonly entries: readonly { readonly color: string; readonly text: string }[] }
  | { readonly kind: "scale"; readonly label: string; readonly low: string; readonly high: string };

/** Whether sites are coloured by numbers. */
export function isColourByValue(colourBy: unknown): colourBy is ColourByValue {
  return typeof colourBy === "object" && colourBy !== null;
}

/**
 * A colour for each site (undefined: the element's own) and what the colours mean.
 *
 * @throws Error when there is not one value a site.
 */
export function siteColours(
  { atomicNumbers }: Crystal,
  colourBy: "element" | "site" | ColourByValue,
): { colours: readonly (string | undefined)[]; legend: SceneLegend } {
  const symbols = atomicNumbers.map((z) => elementSymbol(z));
  if (isColourByValue(colourBy)) return valueColours(colourBy, symbols.length);
  if (colourBy === "element") return { colours: [], legend: { kind: "elements", symbols: [...new Set(symbols)] } };
  const entries = symbols.map((symbol, site) => ({ color: seriesColor(site), text: `${symbol}, site ${site + 1}` }));
  return { colours: entries.map(({ color }) => color), legend: { kind: "sites", entries } };
}

function valueColours({ values, label = "", domain }: ColourByValue, siteCount: number) {
  if (values.length !== siteCount)
    throw new Error(`colourBy: expected a value for each of ${siteCount} sites, found ${values.length}`);
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  const [low, high] = domain ?? (known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1]);
  const share = (value: number): number => (high > low ? (value - low) / (high - low) : 0.5);
  const colours = values.map((value) =>
    value !== null && Number.isFinite(value) ? sequentialColor(share(value)) : neutral,
  );
  const legend: SceneLegend = { kind: "scale", label, low: formatCell(low), high: formatCell(high) };
  return { colours, legend };
}
