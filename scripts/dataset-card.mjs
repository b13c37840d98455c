// Brings a data set's card up to date: counts, checks and figures. After `npm run build`:
//   node scripts/dataset-card.mjs datasets/pbe-prototypes           prints the counts
//   node scripts/dataset-card.mjs datasets/pbe-prototypes --write   puts all of it into its README.md and beside it
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { elementSymbol } from "dosmith/crystal";
import { censusMarkdown, openDataset, takeCensus, writeFileAtomic } from "dosmith/data";
import { okabeIto, toSvg } from "dosmith/notebook";

const [folder, option] = process.argv.slice(2);
const dataset = await openDataset(folder);
const counts = censusMarkdown(takeCensus(dataset));
if (option === "--write") {
  const card = `${folder}/README.md`;
  const [errors, published] = await Promise.all(["known_errors", "published"].map(generatorFile));
  let text = await readFile(card, "utf8");
  text = put(text, "counts", counts);
  text = put(text, "errors", errorTable(errors));
  text = put(text, "published", publishedTables(published));
  await writeFileAtomic(`${folder}/distributions.svg`, await toSvg(distributions([...dataset])));
  await writeFileAtomic(card, text);
} else console.log(counts);

async function generatorFile(name) {
  return JSON.parse(
    await readFile(fileURLToPath(new URL(`../datasets/generator/${name}.json`, import.meta.url)), "utf8"),
  );
}

function put(text, name, content) {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`the card has no ${begin.trim()} ... ${end.trim()}`);
  return text.slice(0, from + begin.length) + content + text.slice(to);
}

/** Distance to a converged calculation of the same crystal, by recipe. */
function errorTable(errors) {
  const rows = Object.entries(errors).map(([id, entry]) => {
    const of = (recipe) => entry[`recipe ${recipe}`];
    return [id, ...[1, 2].map((k) => of(k).relative_L1.toFixed(3)), of(2).zero_error_eV, of(2).gap_error_eV];
  });
  const median = (k) => {
    const values = rows.map((row) => Number(row[k])).sort((a, b) => a - b);
    return ((values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2).toFixed(3);
  };
  return table(
    ["crystal", "first recipe", "this recipe", "its zero, eV", "its gap, eV"],
    [...rows, ["**median**", `**${median(1)}**`, `**${median(2)}**`, "", ""]],
  );
}

function publishedTables({ gaps, d_band_centres: centres }) {
  return [
    table(
      ["gap, eV", ...Object.keys(gaps)],
      [
        ["this recipe", ...Object.values(gaps).map(({ gap_eV }) => gap_eV.toFixed(2))],
        ["published, PBE", ...Object.values(gaps).map(({ published_eV }) => published_eV.toFixed(2))],
      ],
    ),
    "",
    table(
      ["centre of the d band, eV", ...Object.keys(centres)],
      [
        ["this recipe, bulk", ...Object.values(centres).map(({ centre_eV }) => centre_eV.toFixed(2))],
        [
          "published, surface",
          ...Object.values(centres).map(({ published_surface_eV }) => published_surface_eV.toFixed(2)),
        ],
      ],
    ),
  ].join("\n");
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What the crystals are like: elements, sizes, volumes, gaps, formation energies. */
function distributions(records) {
  const crystals = records.map(({ crystal, properties }) => ({
    atoms: crystal.atomicNumbers.length,
    kind: properties.kind ?? "equilibrium",
    gap: properties.gap_eV,
    formation: properties.formation_energy_eV_per_atom,
    pressure: properties.pressure_GPa,
  }));
  const elements = records.flatMap(({ crystal }) => [...new Set(crystal.atomicNumbers)].map(elementSymbol));
  const color = { field: "kind", type: "nominal", title: "kind", scale: { range: okabeIto } };
  const panel = (field, title, bin, data = crystals) => ({
    width: 250,
    height: 130,
    data: { values: data },
    mark: "bar",
    encoding: {
      x: { field, type: "quantitative", bin, title },
      y: { aggregate: "count", title: "crystals" },
      color,
    },
  });
  const known = crystals.filter(({ formation }) => typeof formation === "number" && Math.abs(formation) < 4);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    vconcat: [
      {
        width: 600,
        height: 130,
        data: { values: elements.map((element) => ({ element })) },
        mark: { type: "bar", color: okabeIto[0] },
        encoding: {
          x: { field: "element", type: "nominal", sort: "-y", title: null, axis: { labelAngle: 0, labelFontSize: 7 } },
          y: { aggregate: "count", title: "crystals" },
        },
      },
      {
        hconcat: [
          {
            ...panel("atoms", "atoms in the cell", undefined),
            encoding: {
              x: { field: "atoms", type: "ordinal", title: "atoms in the cell", axis: { labelAngle: 0 } },
              y: { aggregate: "count", title: "crystals" },
              color,
            },
          },
          panel("pressure", "pressure, GPa", { step: 5 }, crystals.filter(({ pressure }) => Math.abs(pressure) < 50)), // prettier-ignore
        ],
      },
      {
        hconcat: [
          panel("gap", "gap, eV (those that have one)", { step: 0.5 }, crystals.filter(({ gap }) => gap > 0)), // prettier-ignore
          panel("formation", "formation energy, eV/atom", { step: 0.25 }, known),
        ],
      },
    ],
  };
}
