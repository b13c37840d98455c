/** A record of the test split. */
export const demoTarget = "halfheusler-TaMgPb";

/** `name`, or the first of name-2, name-3, ... that is not there yet: a demo never touches an earlier one. @param {string} name @param {(name: string) => boolean} exists */
export function freeFolder(name, exists) {
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? name : `${name}-${k}`;
    if (!exists(candidate)) return candidate;
  }
}
