// Brings the counts in a data set's card up to date. After `npm run build`:
//   node scripts/dataset-card.mjs datasets/pbe-prototypes           prints them
//   node scripts/dataset-card.mjs datasets/pbe-prototypes --write   puts them into its README.md
import { readFile } from "node:fs/promises";
import { censusMarkdown, openDataset, takeCensus, writeFileAtomic } from "../dist/data/index.js";

const [folder, option] = process.argv.slice(2);
const counts = censusMarkdown(takeCensus(await openDataset(folder)));
if (option === "--write") {
  const card = `${folder}/README.md`;
  const between = /(<!-- counts -->\n)[^]*?(<!-- end of counts -->)/;
  const text = await readFile(card, "utf8");
  if (!between.test(text)) throw new Error(`${card}: no <!-- counts --> ... <!-- end of counts -->`);
  await writeFileAtomic(
    card,
    text.replace(between, (_, begin, end) => `${begin}${counts}\n${end}`),
  );
} else console.log(counts);
