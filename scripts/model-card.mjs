// Writes the tables of README.md and models/README.md from the studies' JSON files in models/:  node scripts/model-card.mjs
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { median } from "simple-statistics";
import { toSvg, tradeoffChart } from "dosmith/notebook";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const readJson = async (name) => JSON.parse(await readFile(path(name), "utf8"));
const fast = await readJson("models/quality.json");
const samplers = await readJson("models/sampler-study.json");
const columns = [
  ["struct. valid", "structural_validity", percent],
  ["strictly valid", "strict_validity", percent],
  ["charge neutral", "charge_neutrality", percent],
  ["mean of 8", "site_relative_l1_mean", decimal],
  ["best of 8", "site_relative_l1_best", decimal],
  ["best of 8, 0.5 eV", "site_relative_l1_0.5eV_best", decimal],
  ["unique", "uniqueness", percent],
  ["novel", "novelty", percent],
  ["true composition", "composition_share", percent],
  ["s/crystal", "seconds_per_crystal", (value) => value.toFixed(value < 1 ? 3 : 1)],
];

await fill("models/README.md", "fast", table(fast));
await fill("models/README.md", "samplers", samplerTable(samplers.test.results));
await fill("models/README.md", "sampler-choice", samplerTable(samplers.validation.results));
const dft = dftSection(await readJson("models/dft-study.json"));
for (const file of ["models/README.md", "README.md"]) await fill(file, "dft", dft);
await fill(
  "README.md",
  "quality",
  table(fast, ["struct. valid", "mean of 8", "best of 8", "true composition", "s/crystal"]),
);
await writeFile(path("models/quality.svg"), await toSvg(chart(fast)));

function table({ rows, targets }, titles = columns.map(([title]) => title)) {
  const shown = columns.filter(([title]) => titles.includes(title));
  const header = ["", ...shown.map(([title]) => title)];
  const lines = rows.map((row) => [row.generator, ...shown.map(([, name, format]) => cell(row, name, format))]);
  const markdown = [header, header.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
  return `${targets.length} test targets, 8 candidates each; ± is the bootstrap standard error over targets.\n\n${markdown}`;
}

/** Samplers on the same targets; a star is a paired difference from predictor-corrector of more than two standard errors. */
function samplerTable(rows) {
  const shown = columns.filter(([, name]) => `${name}_se` in rows[0]);
  const header = ["", "evaluations", ...shown.map(([title]) => title)];
  const lines = rows.map((row) => [
    ...[row.series, row.evaluations],
    ...shown.map(([, name, format]) => `${cell(row, name, format)}${star(row.fromReference?.[name])}`),
  ]);
  const markdown = [header, header.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
  return `${rows[0].targets} targets, ${rows[0].candidates / rows[0].targets} candidates each; w = 1 unless the row says otherwise.\n\n${markdown}`;
}

function star(difference) {
  return difference && Math.abs(difference.mean) > 2 * difference.standardError ? " *" : "";
}

/** What first-principles calculations of generated crystals say. */
function dftSection({ settings, summary, targets }) {
  const computed = targets.flatMap(({ candidates }) => candidates.filter(({ dft }) => dft !== undefined));
  const own = computed.filter(({ isTarget }) => isTarget).map(({ dft }) => dft);
  const pressed = computed.filter(({ dft }) => dft > 0.6).filter(({ pressure }) => Math.abs(pressure) > 8);
  const rows = [
    ["generated, mean of the chosen", "generated, DFT, mean"],
    ["generated, the predictor's first choice", "generated, DFT, first choice"],
    ["generated, best by DFT", "generated, DFT, best by DFT"],
    ["generated, mean of the chosen, *as predicted*", "generated, predicted, mean"],
    ["retrieval, mean of as many", "retrieval, DFT, mean"],
    ["retrieval, nearest", "retrieval, DFT, first choice"],
  ].map(([title, key]) => [title, `${decimal(summary[key].mean)} ± ${decimal(summary[key].error)}`]);
  const failures = Object.entries(summary.failures).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${summary.targets} test targets; of ${settings.generated} crystals each (w = ${settings.guidanceWeight}, ${settings.steps} steps) predictor-a chose the best ones, and ` +
      `${summary.calculations} were computed (failed: ${failures.join(", ") || "none"}). Relative L1 distance of the computed site DOS:`,
    "",
    ...[["", "relative L1"], ["---", "---"], ...rows].map((line) => `| ${line.join(" | ")} |`),
    "",
    `${own.length} of the computed crystals have the target's own structure; the median of their distances is ${decimal(median(own))}, and ` +
      `${own.filter((x) => x < 0.1).length} are below 0.1, which no network here could tell. Of the ${computed.filter(({ dft }) => dft > 0.6).length} above 0.6, ` +
      `${pressed.length} are at a wrong volume, under more than 8 GPa.`,
    "",
    `The first choice is nearer to the target than the nearest training crystal for ${percent(summary.shareBetterThanRetrieval)} of the targets. ` +
      `Predicted and computed distances have a rank correlation of ${summary.rankCorrelation.toFixed(2)}. Median energy above the hull of the set's own phases: ` +
      `${summary.medianAboveHull?.toFixed(2) ?? "unknown"} eV/atom (${summary.withHull} crystals have a hull).`,
  ].join("\n");
}

function cell(row, name, format) {
  if (row[name] === null || row[name] === undefined) return "";
  const error = row[`${name}_se`];
  return error && name !== "seconds_per_crystal" ? `${format(row[name])} ± ${format(error)}` : format(row[name]);
}

/** Validity against match over the guidance weight, with the yardsticks. */
function chart({ rows }) {
  const weighted = rows.flatMap((row) => {
    const weight = /\bw\s*=?\s*([\d.]+)/.exec(row.generator) ?? /weight ([\d.]+)/.exec(row.generator);
    if (!weight) return [];
    return [
      {
        guidanceWeight: Number(weight[1]),
        validity: row.structural_validity,
        validityError: row.structural_validity_se,
        match: row.site_relative_l1_mean,
        matchError: row.site_relative_l1_mean_se,
      },
    ];
  });
  const references = rows
    .filter((row) => /retrieval|floor|unconditional/.test(row.generator) && row.site_relative_l1_mean !== null)
    .map((row) => ({ label: row.generator, match: row.site_relative_l1_mean }));
  return tradeoffChart(weighted, { references, matchLabel: "relative L1 distance of the site DOS, mean of 8" });
}

async function fill(file, name, text) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const content = await readFile(path(file), "utf8");
  const [from, to] = [content.indexOf(open), content.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${file}: no ${open} ... ${close}`);
  const filled = `${content.slice(0, from + open.length)}\n\n${text}\n\n${content.slice(to)}`;
  await writeFile(path(file), await format(filled, { parser: "markdown", printWidth: 120 }));
}

function percent(value) {
  return `${(100 * value).toFixed(1)}%`;
}

function decimal(value) {
  return value.toFixed(3);
}
