import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export const fixturePath = (name: string): string => fileURLToPath(new URL(`../fixtures/dos/${name}`, import.meta.url));

/** A fixture's text, unpacked. */
export function fixtureText(name: string): string {
  const bytes = readFileSync(fixturePath(name));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
}

/**
 * A vasprun.xml with every `nth` energy of its spectra, three k-points a spin, and without what no reader wants, so that
 * thousands of variants are read in seconds.
 */
export function thinned(xml: string, nth: number): string {
  const start = xml.indexOf("<dos>");
  const bands = xml
    .slice(0, start)
    .replace(/<scstep>[^]*?<\/scstep>|<parameters>[^]*?<\/parameters>|<kpoints>[^]*?<\/kpoints>/g, "")
    .replace(/<set comment="kpoint ([4-9]|\d\d+)">[^]*?<\/set>/g, "");
  let row = 0;
  const rest = xml
    .slice(start)
    .replace(/<projected>[^]*?<\/projected>/g, "")
    .split("\n")
    .filter((line) => {
      if (/^\s*<set/.test(line)) row = 0;
      return !/^\s*<r>/.test(line) || row++ % nth === 0;
    });
  return bands + rest.join("\n");
}

/** Text as bytes in pieces of a given size. */
export async function* inPieces(text: string, size = 65536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
