import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Dataset, type DosRecord } from "../../src/data/index.js";
import { storedVerifications, verify, type Verification } from "../../src/verify/index.js";
import { fixtureRecords, temporaryFolder } from "../data/helpers.js";

const fixture = await fixtureRecords();
const [record] = fixture;

/** A program that has every Python module and answers each question with this body, which may use `question`. */
async function pythonThat(answers: string): Promise<string> {
  const path = join(await temporaryFolder(), "python");
  const program = `#!${process.execPath}
if (process.argv[2] === "-c") process.exit(0);
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, ...question } = JSON.parse(line);
  console.log(JSON.stringify({ id, ...(${answers}) }));
});
`;
  await writeFile(path, program);
  await chmod(path, 0o755);
  return path;
}

async function outcome(answers: string): Promise<Verification> {
  const found: Verification[] = [];
  for await (const each of verify([record], { python: await pythonThat(answers) })) found.push(each);
  expect(found).toHaveLength(1);
  return found[0];
}

it.each([
  [`{ result: "done" }`, "error", /answer: .*expected object/],
  [`{ result: { ...question, cell: null } }`, "error", /cell/],
  [`{ result: { ...question, positions: [[0, 0]] } }`, "error", /positions/],
  [`{ result: question }`, "error", /the calculation's answer/],
  [`{ error: { reason: "bored", message: "no wish" } }`, "error", /bored: no wish/],
  [`{ error: { reason: "not-converged", message: "after 50 steps" } }`, "not-converged", /^after 50 steps$/],
  [`{ result: null }`, "crashed", /neither a result nor an error/],
])("a record is verified as it is; the answer %s is a failure with words", async (answers, reason, message) => {
  const found = await outcome(answers);
  expect(found).toMatchObject({ status: "failed", index: 0, crystal: record.crystal, reason });
  expect((found as { message: string }).message).toMatch(message);
});

it("a whole answer is a record", async () => {
  const y = "question.atomic_numbers.map(() => Array(400).fill(0.1))";
  const found = await outcome(`{ result: { ...question, y: ${y}, energy_per_atom_eV: -3 } }`);
  expect(found).toMatchObject({ status: "done", cached: false, record: { properties: { energy_per_atom_eV: -3 } } });
});

it("calculations of different crystals have different ids, from the cache too, and stand in one data set", async () => {
  const y = "question.atomic_numbers.map(() => Array(400).fill(0.1))";
  const options = {
    python: await pythonThat(`{ result: { ...question, y: ${y} } }`),
    cacheFolder: await temporaryFolder(),
  };
  const ids = async () => {
    const found: DosRecord[] = [];
    for await (const each of verify(fixture.slice(0, 2), options)) if (each.status === "done") found.push(each.record);
    return Dataset.fromRecords(found).ids;
  };
  expect(await ids()).toHaveLength(2);
  expect(await ids()).toEqual(await ids());
});

it("finished calculations are found again at the same settings only, and nothing is computed for it", async () => {
  const y = "question.atomic_numbers.map(() => Array(400).fill(0.1))";
  const cacheFolder = await temporaryFolder();
  const python = await pythonThat(`{ result: { ...question, y: ${y} } }`);
  for await (const each of verify([fixture[1]], { python, cacheFolder })) expect(each.status).toBe("done");
  const stored = async (options: Parameters<typeof storedVerifications>[1]) => {
    const found: Verification[] = [];
    for await (const each of storedVerifications(fixture.slice(0, 3), { python: "/no/python", ...options }))
      found.push(each);
    return found;
  };
  expect(await stored({ cacheFolder })).toMatchObject([{ status: "done", index: 1, cached: true }]);
  expect(await stored({ cacheFolder, relax: "volume" })).toEqual([]);
  expect(await stored({})).toEqual([]);
});
