"""What compute.py left, as one file for dosmith: spectra.json.gz beside this script.
usage: python3 collect.py WORK_FOLDER
Projections are summed over shells and spins, energies counted from pw.x's Fermi level and brought to steps of 0.05 eV (means, which conserve
states); known: between which energies no state is missing; valenceBandMaximum: null for a metal."""
import gzip, json, re, sys
from pathlib import Path
from xml.etree import ElementTree
import numpy as np
import crystals
from compute import HARTREE

BOHR = 0.529177210903
GRID = np.arange(-11, 11.0001, 0.05)


def table(path):
    lines = path.read_text().splitlines()
    names = re.findall(r"[a-z]+(?=\(E\))", lines[0])
    rows = np.array([[float(x) for x in line.split()] for line in lines[1:] if line.strip()])
    return rows[:, 0], {name: rows[:, [i + 1 for i, n in enumerate(names) if n == name]].sum(1) for name in names}


def of(columns, start):
    return sum(values for name, values in columns.items() if name.startswith(start))


def means(energies, values):
    """Means over the steps around GRID of a curve that is linear between points."""
    integral = np.concatenate([[0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(energies))])
    edges = np.append(GRID - 0.025, GRID[-1] + 0.025)
    return [float(f"{v:.4g}") for v in np.diff(np.interp(edges, energies, integral)) / 0.05]


def bands(structure):
    """Valence-band maximum or None, and up to which energy no state is missing, eV."""
    spins = 2 if structure.find("lsda").text == "true" else 1
    kpoints = [np.array(k.find("eigenvalues").text.split(), float).reshape(spins, -1) for k in structure.findall("ks_energies")]
    filled = [np.array(k.find("occupations").text.split(), float).reshape(spins, -1) for k in structure.findall("ks_energies")]
    energies, filled = HARTREE * np.array(kpoints), np.array(filled)
    full, empty = (filled > 0.9).all(0), (filled < 0.1).all(0)
    top = None
    if (full | empty).all():
        highest, lowest = energies.max(0)[full].max(), energies.min(0)[empty].min()
        top = highest if lowest - highest >= 0.05 else None
    return top, energies[:, :, -1].min()


def entry(folder):
    name = folder.name
    output = ElementTree.parse(folder / "data-file-schema.xml").getroot().find("output")
    structure = output.find("band_structure")
    fermi = structure.find("fermi_energy")
    fermi = HARTREE * float((fermi if fermi is not None else structure.find("highestOccupiedLevel")).text)
    top, complete = bands(structure)
    energies, total = table(folder / f"{name}.pdos_tot")
    atoms = crystals.atoms(name)
    sites = []
    for atom in range(1, len(atoms) + 1):
        shells = [table(path)[1] for path in sorted(folder.glob(f"{name}.pdos_atm#{atom}(*"))]
        sites.append(sum(of(columns, "ldos") for columns in shells))
    return {
        "structure": name,
        "atomicNumbers": atoms.numbers.tolist(),
        "cell": atoms.cell[:].round(6).tolist(),
        "fracCoords": atoms.get_scaled_positions().round(6).tolist(),
        "efermi": round(fermi, 5),
        "valenceBandMaximum": None if top is None else round(top - fermi, 5),
        "known": [-11, round(min(complete - fermi, GRID[-1]), 3)],
        "sigma": 0,
        "energies": GRID.round(3).tolist(),
        "siteDos": [means(energies - fermi, site) for site in sites],
        "totalDos": means(energies - fermi, of(total, "dos")),
    }


def main():
    work = Path(sys.argv[1])
    entries = [entry(work / name) for name in crystals.order if (work / name / "DONE").exists()]
    text = json.dumps(entries).encode()
    (Path(__file__).parent / "spectra.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))
    print(len(entries), "crystals:", " ".join(e["structure"] for e in entries))


if __name__ == "__main__":
    main()
