/** A virtual or conda environment's folder; absent, the user's Jupyter data folder. */
export interface Place {
  readonly prefix?: string;
}
export function installKernel(place?: Place): Promise<string>;
export function uninstallKernel(place?: Place): Promise<string | undefined>;
export function installedKernel(
  place?: Place,
): Promise<{ folder: string; launcher: string; problem?: string } | undefined>;
export const kernelCommands: Readonly<Record<"install" | "uninstall" | "list", (place?: Place) => Promise<string>>>;
