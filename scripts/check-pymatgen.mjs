// Every vasprun.xml and CompleteDos of Debian's pymatgen-test-files, read by `dosmith dos --native` and by pymatgen: the numbers must be
// equal, and what pymatgen reads must not be refused (spin-orbit runs apart).
//   apt-get install pymatgen-test-files python3-pymatgen; node scripts/check-pymatgen.mjs
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const debian = "/usr/share/doc/pymatgen-test-files/examples/test_files";
if (!existsSync(debian)) {
  console.error("apt-get install pymatgen-test-files python3-pymatgen");
  process.exit(1);
}
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const script = `
import glob, gzip, json, os, re, subprocess, sys, warnings
import numpy as np
from pymatgen.electronic_structure.dos import CompleteDos, LobsterCompleteDos
from pymatgen.io.vasp import Vasprun
warnings.filterwarnings("ignore")
node, main, root = sys.argv[1:]

def ours(path):
    run = subprocess.run([node, main, "dos", path, "--json", "--native"], capture_output=True, text=True)
    return json.loads(run.stdout) if run.returncode == 0 else run.stderr.strip()

def vasprun(path):
    run = Vasprun(path, parse_potcar_file=False, parse_eigen=False, parse_projected_eigen=False)
    if not run.pdos:
        raise ValueError("no projections")
    return run.final_structure, run.tdos, [sum(sum(by.values()) for by in site.values()) for site in run.pdos]

def complete(path):
    text = json.load((gzip.open if path.endswith("gz") else open)(path))
    dos = (LobsterCompleteDos if "Lobster" in path else CompleteDos).from_dict(text)
    return dos.structure, dos, [dos.get_site_dos(site).get_densities() for site in dos.structure]

def differs(found, structure, total, sites):
    apart = lambda a, b: float(abs(np.array(a) - np.array(b)).max())
    moved = np.array(found["fracCoords"]) - structure.frac_coords
    return max(apart(found["energies"], np.array(total.energies) - total.efermi), apart(found["siteDos"], sites),
               apart(found["totalDos"], sum(np.array(d) for d in total.densities.values())),
               apart(found["cell"], structure.lattice.matrix), float(abs(moved - moved.round()).max()),
               0.0 if list(structure.atomic_numbers) == found["atomicNumbers"] else 1.0)

equal = wrong = refused = 0
for path in sorted(glob.glob(root + "/**/*", recursive=True)):
    name = os.path.relpath(path, root)
    isxml = re.search(r"vasprun|lifepo4.xml|no_projected.xml", name) and not name.endswith(".py")
    if not os.path.isfile(path) or not (isxml or re.search(r"(?<!ph_)dos.*\\.json|CompleteDos", name)) or "_ph_" in name:
        continue
    if os.path.getsize(path) > 50e6 or "SOC" in name:
        continue
    found = ours(path)
    try:
        theirs = vasprun(path) if isxml else complete(path)
    except Exception as error:
        refused += 1
        if not isinstance(found, str):
            print(name, "- read by dosmith, not by pymatgen:", repr(error)[:80])
        continue
    if isinstance(found, str):
        soc = "spin-orbit" in found
        refused, wrong = refused + soc, wrong + (not soc)
        print(name, "-", found.replace(path, "").strip()[:120])
        continue
    difference = differs(found, *theirs)
    equal, wrong = equal + (difference < 1e-6), wrong + (not difference < 1e-6)
    if not difference < 1e-6:
        print(name, "- differs by", difference)
print(f"{equal} equal, {wrong} wrong, {refused} refused as they should be")
sys.exit(1 if wrong or not equal else 0)
`;
const done = spawnSync("/usr/bin/python3", ["-c", script, process.execPath, main, debian], { stdio: "inherit" });
process.exit(done.status ?? 1);
