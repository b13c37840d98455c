import { writeFileAtomic } from "../data/index.js";
import { reportData, writeRunFile, type Run } from "../workbench/index.js";
import { renderReport } from "./report.js";

/**
 * Writes the report of a run: one HTML page that works without a network. In a run's folder a report that is there already
 * is kept, unless calculations were added to the run.
 *
 * @param path default: report.html in the run's folder
 * @returns the report's path
 * @throws Error for a run in memory when no path is given
 * @example
 *     await writeReport(await bench.generate("vasprun.xml", { out: "out/first" }));
 */
export async function writeReport(run: Run, path?: string): Promise<string> {
  const html = await renderReport(reportData(run));
  if (path === undefined) return writeRunFile(run, "report.html", html);
  await writeFileAtomic(path, html);
  return path;
}
