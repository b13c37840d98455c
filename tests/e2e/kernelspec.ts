import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { root } from "./jupyter.js";

interface Place {
  readonly prefix?: string;
}

/** The functions of kernels/install.mjs, which is plain JavaScript. */
interface Install {
  readonly installedKernel: (
    place: Place,
  ) => Promise<{ folder: string; launcher: string; problem?: string } | undefined>;
  readonly uninstallKernel: (place: Place) => Promise<string | undefined>;
}

export const { installedKernel, uninstallKernel } = (await import(
  pathToFileURL(join(root, "kernels", "install.mjs")).href
)) as Install;
