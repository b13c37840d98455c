/**
 * Where two plain values differ: "settings.seed: 1 there, 2 asked for". At most `most` places; long lists count as one place.
 */
export function differences(there: unknown, asked: unknown, most = 3): string[] {
  return [...walk(there, asked, [])].slice(0, most);
}

function* walk(there: unknown, asked: unknown, path: readonly string[]): Generator<string> {
  if (isObject(there) && isObject(asked)) {
    for (const key of new Set([...Object.keys(there), ...Object.keys(asked)]))
      yield* walk(there[key], asked[key], [...path, key]);
    return;
  }
  if (JSON.stringify(there) !== JSON.stringify(asked))
    yield `${path.join(".")}: ${short(there)} there, ${short(asked)} asked for`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}... (${text.length} characters)` : text;
}
