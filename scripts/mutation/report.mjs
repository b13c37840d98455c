// What a run of mutants showed, as data and as a page.

/**
 * @typedef {import("./mutants.mjs").Mutant & { status: string, seconds: number }} Outcome  Killed, Timeout, Survived, NoCoverage or Ignored (static)
 * @typedef {{ mutants: number, killed: number, survived: number, untested: number, equivalent: number, skipped: number, score: number }} Counts
 *   killed: a test failed or hung; survived: none did; untested: no test of the room reaches it; equivalent: survivors that no
 *   test could tell apart; skipped: constants of a module, which are not counted; score: killed over those that a test could kill
 * @typedef {{ reason: string, equivalent?: boolean }} Reason  `equivalent`: no test could tell it apart
 * @typedef {{ seed: number, possible: number, drawn: number }} Run
 * @typedef {Run & { minutes: number, total: Counts, rooms: Record<string, Counts>, survivors: Survivor[] }} Report
 * @typedef {Omit<Outcome, "kind" | "seconds"> & Partial<Reason>} Survivor
 */

/**
 * @param {readonly Outcome[]} outcomes
 * @param {Record<string, Reason>} reasons by the mutant's id
 * @param {Run} run
 * @returns {Report}
 */
export function summary(outcomes, reasons, run) {
  const rooms = [...new Set(outcomes.map(roomOf))];
  return {
    ...run,
    minutes: Math.round(outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / 60),
    total: counts(outcomes, reasons),
    rooms: Object.fromEntries(
      rooms.map((room) => [
        room,
        counts(
          outcomes.filter((outcome) => roomOf(outcome) === room),
          reasons,
        ),
      ]),
    ),
    survivors: outcomes
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .map(({ id, file, line, original, replacement, status }) => ({
        ...{ id, file, line, original: oneLine(original), replacement: oneLine(replacement), status },
        ...reasons[id],
      }))
      .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line),
  };
}

/** @param {Report} report */
export function markdown({ seed, possible, drawn, total, minutes, rooms, survivors }) {
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  /** @type {(name: string, counts: Counts) => string[]} */
  const row = (name, { mutants, killed, survived, untested, equivalent, skipped, score }) => [
    name,
    ...[mutants, killed, survived, untested, equivalent, skipped].map(String),
    percent(score),
  ];
  const code = (/** @type {string} */ text) => `\`${text.replaceAll("|", "\\|")}\``;
  return [
    "# Deliberate mistakes that the unit tests see",
    "",
    `\`npm run mutation\` draws ${drawn} of the ${possible} changes of arithmetic, comparisons, conditions and bounds that it knows (seed ${seed}),`,
    `makes one at a time and runs the tests of the room that reach it. ${total.mutants + total.skipped} of them have run, in ${minutes} minutes.`,
    "",
    ...table(
      [
        "room",
        "mutants",
        "killed",
        "survived",
        "untested",
        "of these equivalent",
        "constants (not run)",
        "score without equivalents",
      ],
      [...Object.entries(rooms).map(([room, value]) => row(room, value)), row("**all**", total)],
    ),
    "",
    "## Survivors",
    "",
    ...table(
      ["where", "code", "changed to", "why it is left"],
      survivors.map(({ file, line, original, replacement, status, reason, equivalent }) => [
        `${file}:${line}`,
        code(original),
        code(replacement),
        `${equivalent ? "equivalent: " : ""}${reason ?? (status === "NoCoverage" ? "no test reaches it" : "")}`,
      ]),
    ),
    "",
  ].join("\n");
}

/** Whether a test found the mutant: it failed, or broke off, or did not end. @param {string} status */
export function isFound(status) {
  return ["Killed", "Timeout", "RuntimeError"].includes(status);
}

/** @param {readonly Outcome[]} outcomes @param {Record<string, Reason>} reasons @returns {Counts} */
function counts(outcomes, reasons) {
  const of = (/** @type {string[]} */ ...statuses) => outcomes.filter(({ status }) => statuses.includes(status));
  const killed = outcomes.filter(({ status }) => isFound(status)).length;
  const [survived, untested] = [of("Survived"), of("NoCoverage")];
  const equivalent = [...survived, ...untested].filter(({ id }) => reasons[id]?.equivalent).length;
  const mutants = killed + survived.length + untested.length;
  const score = mutants === equivalent ? 1 : killed / (mutants - equivalent);
  return {
    ...{ mutants, killed, survived: survived.length, untested: untested.length, equivalent },
    ...{ skipped: of("Ignored").length, score },
  };
}

/** @param {Outcome} outcome */
function roomOf({ file }) {
  return file.split("/")[1] ?? "";
}

/** @param {string} text */
function oneLine(text) {
  const line = text.replace(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
