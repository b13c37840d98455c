import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("generator/test_generator.py", import.meta.url));
const modules = "import ase, gpaw, spglib, scipy";

/** A Python with what the data set's generator needs; Debian's GPAW belongs to the system's own. */
const python = ["/usr/bin/python3", "python3"].find((program) => spawnSync(program, ["-c", modules]).status === 0);
if (!python)
  console.warn("NOT RUN: the generator's Python tests (no python3 with gpaw, ase and spglib; apt-get install gpaw)");

it.skipIf(!python)("the generator's lists, spectra and files (Python)", { timeout: 120_000 }, () => {
  const { status, stderr } = spawnSync(python!, [script], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/Ran \d{2} tests/);
});
