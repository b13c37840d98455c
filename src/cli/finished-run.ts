import { writeReport } from "../notebook/index.js";
import { cifName, displayRow, runNotes, type Run } from "../workbench/index.js";
import { textTable, type Terminal } from "./terminal.js";

/** Writes the report of a run, and prints its best crystals and what to know about them. */
export async function printRun(run: Run, terminal: Terminal): Promise<void> {
  const report = await writeReport(run);
  const rows = run.candidates.slice(0, 5).map((item, k) => displayRow(item, k + 1, cifName(item.index)));
  for (const line of [...textTable(rows), "", ...runNotes(run), `report: ${report}`]) terminal.out(line);
}
