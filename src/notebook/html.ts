import { atomicNumber, electronegativity, isElement } from "../crystal/index.js";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for HTML content and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Markup that `show` draws. A plain string, wherever it comes from, is shown as text. */
export class Html {
  /** @param markup trusted HTML: nothing in it is escaped. */
  constructor(readonly markup: string) {}

  /** The markup, so that pieces can be put together in a template. */
  toString(): string {
    return this.markup;
  }
}

/**
 * HTML for `show`, from a string that you trust or as a template, which escapes what is put in unless that is `Html` itself
 * (a view, a table) or a list of these: `` show(html`<div>${views}</div>`) ``.
 */
export function html(markup: string | TemplateStringsArray, ...values: readonly unknown[]): Html {
  if (typeof markup === "string") return new Html(markup);
  return new Html(markup.map((part, i) => part + (i < values.length ? inserted(values[i]) : "")).join(""));
}

function inserted(value: unknown): string {
  if (value instanceof Html) return value.markup;
  return Array.isArray(value) ? value.map(inserted).join("") : escapeHtml(String(value));
}

/** JSON that is safe inside a `<script>` element: no `<`, so neither `</script>` nor `<!--` can appear. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

const subscripts = "₀₁₂₃₄₅₆₇₈₉";

/** "Ni3Al" and "ClNa" -> "AlNi₃", "NaCl": as chemists write it, the most electropositive element first. */
export function prettyFormula(formula: string): string {
  const pauling = (symbol: string) => electronegativity(atomicNumber(symbol)) ?? Infinity;
  const parts = [...formula.matchAll(/([A-Z][a-z]?)(\d*)/g)].filter(([, symbol]) => isElement(symbol));
  const whole = parts.map(([part]) => part).join("") === formula;
  const ordered = whole
    ? parts
        .sort(([, a], [, b]) => pauling(a) - pauling(b))
        .map(([part]) => part)
        .join("")
    : formula;
  return ordered.replace(/\d/g, (digit) => subscripts[Number(digit)] ?? digit);
}
