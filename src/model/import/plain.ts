import { describe, type PickleValue } from "./pickle.js";

/** Plain data as JSON would hold it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const DEEPEST = 64;

/**
 * Turns a pickle's value into plain data: dictionaries become objects, tuples, lists and sets arrays, big integers
 * strings. A value that the pickle shares is shared in the result, so size cannot explode.
 *
 * @param fail throws an Error that names the file; called for tensors, bytes, keys that are no strings or numbers,
 *   values that contain themselves and nesting deeper than 64 levels
 */
export function toPlain(value: PickleValue, fail: (what: string) => never): Plain {
  const done = new Map<PickleValue, Plain>();
  const open = new Set<PickleValue>();
  const convert = (v: PickleValue): Plain => {
    if (v === null || typeof v === "boolean" || typeof v === "number" || typeof v === "string") return v;
    if (typeof v === "bigint") return v.toString();
    const known = done.get(v);
    if (known !== undefined) return known;
    if (open.has(v)) return fail(`${describe(v)} contains itself`);
    if (open.size >= DEEPEST) return fail(`values are nested deeper than ${DEEPEST} levels`);
    open.add(v);
    const plain = container(v);
    open.delete(v);
    done.set(v, plain);
    return plain;
  };
  const container = (v: PickleValue): Plain => {
    if (v instanceof Map) return Object.fromEntries([...v].map(([key, item]) => [keyText(key, fail), convert(item)]));
    if (v instanceof Set) return [...v].map(convert);
    if (Array.isArray(v)) return (v as readonly PickleValue[]).map(convert);
    return fail(`expected plain data, found ${describe(v)}`);
  };
  return convert(value);
}

function keyText(key: PickleValue, fail: (what: string) => never): string {
  if (typeof key === "string" || typeof key === "number") return String(key);
  return fail(`expected a string or a number for a dictionary key, found ${describe(key)}`);
}
