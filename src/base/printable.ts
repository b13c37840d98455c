/**
 * Characters that a terminal obeys instead of showing them: controls (ESC and the 8-bit CSI among them), marks that turn the
 * direction of writing, line and paragraph separators. Written as a character class.
 */
const obeyed = "\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";

/** Text from a file or a server as it may be printed: whatever a terminal would obey is shown as an escape, `\u001b`. */
export function printable(text: string): string {
  return text.replace(new RegExp(`[${obeyed}]`, "g"), (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Whether a text holds nothing that a terminal would obey: names of records must not. */
export function isPrintable(text: string): boolean {
  return !new RegExp(`[${obeyed}]`).test(text);
}
