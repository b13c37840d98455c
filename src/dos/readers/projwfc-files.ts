import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The files of one projwfc.x run. */
export interface ProjwfcFiles {
  /** `filpdos` of the run: what its files' names begin with. */
  readonly prefix: string;
  readonly total: string;
  /** By atom (from 1), then by shell in the order of the pseudopotential. */
  readonly shells: readonly ShellFile[];
  /** data-file-schema.xml of the pw.x run. */
  readonly schema: string;
}

/** One atom's projections onto one shell. */
export interface ShellFile {
  readonly path: string;
  /** From 1, in the order of the structure. */
  readonly atom: number;
  readonly label: string;
  /** Number of the shell within the atom, from 1. */
  readonly shell: number;
  /** "s", "p", "d_j2.5". */
  readonly orbital: string;
}

const totalName = /^(.*)\.pdos_tot(\.gz)?$/;
const shellName = /^(.*)\.pdos_atm#(\d+)\(([^)]*)\)_wfc#(\d+)\(([^)]*)\)(\.gz)?$/;
const schemaName = /^data-file-schema\.xml(\.gz)?$/;

/** Whether a path is a folder, or by its name a file that projwfc.x or pw.x wrote. */
export async function isProjwfcRun(path: string): Promise<boolean> {
  const name = basename(path);
  return [totalName, shellName, schemaName].some((pattern) => pattern.test(name)) || isFolder(path);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * The files of the run that a folder holds, or that a file belongs to (one of `PREFIX.pdos_*`, or data-file-schema.xml in it or in
 * its `PREFIX.save` below).
 *
 * @throws Error that names the folder: no projections, several runs, files that are missing or there twice, no data-file-schema.xml.
 */
export async function projwfcFiles(path: string): Promise<ProjwfcFiles> {
  const folder = (await isFolder(path)) ? path : dirname(path);
  const names = await readdir(folder);
  const wanted = [totalName, shellName]
    .map((pattern) => pattern.exec(basename(path))?.[1])
    .find((p) => p !== undefined);
  const prefixes = [...new Set(names.flatMap((name) => totalName.exec(name)?.[1] ?? []))];
  const prefix = wanted ?? prefixes[0];
  if (prefixes.length === 0)
    throw new Error(
      `${path}: expected a folder with PREFIX.pdos_tot (from projwfc.x with filpdos = 'PREFIX'), found none`,
    );
  if (wanted === undefined && prefixes.length > 1)
    throw new Error(`${path}: several runs of projwfc.x (${prefixes.slice(0, 5).join(", ")}); name one: ${join(folder, `${prefixes[0]}.pdos_tot`)}`); // prettier-ignore
  const own = names.filter((name) => name.startsWith(`${prefix}.pdos_`));
  const total = own.find((name) => totalName.test(name));
  if (total === undefined) throw new Error(`${path}: ${prefix}.pdos_tot is missing in ${folder}`);
  const shells = own.flatMap((name) => shellFile(folder, name)).sort((a, b) => a.atom - b.atom || a.shell - b.shell);
  if (shells.length === 0) throw new Error(`${path}: expected files ${prefix}.pdos_atm#1(...)_wfc#1(...), found none`);
  assertComplete(shells, path);
  return { prefix, total: join(folder, total), shells, schema: await schemaIn(folder, path) };
}

function shellFile(folder: string, name: string): ShellFile[] {
  const match = shellName.exec(name);
  if (!match) return [];
  const [, , atom, label, shell, orbital] = match;
  return [{ path: join(folder, name), atom: Number(atom), label: label.trim(), shell: Number(shell), orbital }];
}

function assertComplete(shells: readonly ShellFile[], path: string): void {
  let expected = { atom: 1, shell: 1 };
  for (const { atom, shell, path: file } of shells) {
    const next = atom === expected.atom ? shell === expected.shell : atom === expected.atom + 1 && shell === 1 && expected.shell > 1; // prettier-ignore
    if (!next)
      throw new Error(`${path}: expected atom ${expected.atom}, shell ${expected.shell} next, found ${basename(file)}: a file is missing or there twice`); // prettier-ignore
    expected = { atom, shell: shell + 1 };
  }
}

/** data-file-schema.xml in a folder or up to two folders below (`outdir/PREFIX.save`). */
async function schemaIn(folder: string, path: string): Promise<string> {
  for (let level = [folder], depth = 0; depth < 3; depth++) {
    const entries = await Promise.all(
      level.map(async (at) =>
        (await readdir(at, { withFileTypes: true }).catch(() => [])).map((entry) => ({ at, entry })),
      ),
    );
    const all = entries.flat();
    const found = all.filter(({ entry }) => schemaName.test(entry.name)).map(({ at, entry }) => join(at, entry.name));
    if (found.length === 1) return found[0];
    if (found.length > 1)
      throw new Error(`${path}: several data-file-schema.xml: ${found.slice(0, 4).join(", ")}; keep that of the run beside the projections`); // prettier-ignore
    level = all.filter(({ entry }) => entry.isDirectory()).map(({ at, entry }) => join(at, entry.name));
  }
  throw new Error(
    `${path}: expected data-file-schema.xml (it has the cell, the atoms and the Fermi level) in ${folder} or in its ` +
      `PREFIX.save below, found none: copy it from pw.x's outdir`,
  );
}
