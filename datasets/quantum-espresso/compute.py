"""Site-projected densities of states of simple crystals with Quantum ESPRESSO: another code, other projections than the data set's.
usage: python3 compute.py UPF_FOLDER WORK_FOLDER [NAME ...]    UPF_FOLDER holds ELEMENT.upf (PseudoDojo 0.5, PBE, scalar relativistic, standard)
Each crystal gets a folder WORK_FOLDER/NAME with what projwfc.x wrote; finished ones are skipped, so it can be stopped and resumed."""
import os, re, shutil, subprocess, sys, time
from pathlib import Path
from xml.etree import ElementTree
import numpy as np
from ase.data import atomic_masses, atomic_numbers
import crystals

HARTREE = 27.211386245988
HARD = set("C N O F".split())


def electrons(upf, symbol):
    return float(re.search(r'z_valence="\s*([\d.+Ee]+)"', (upf / f"{symbol}.upf").read_text()).group(1))


def mesh(cell, density):
    """Divisions of a Gamma-centred mesh with `density` points per 1/Angstrom, even."""
    lengths = np.linalg.norm(2 * np.pi * np.linalg.inv(cell).T, axis=1)
    return [2 * max(1, round(density * length / 2)) for length in lengths]


def pw_input(name, upf, calculation, density, bands=None):
    atoms = crystals.atoms(name)
    species = list(dict.fromkeys(atoms.get_chemical_symbols()))
    lines = [f"&control calculation='{calculation}', prefix='x', outdir='./tmp', pseudo_dir='{upf}', disk_io='low', verbosity='low' /",
             f"&system ibrav=0, nat={len(atoms)}, ntyp={len(species)}, ecutwfc={65 if HARD & set(species) else 40},"]
    if calculation == "nscf":
        lines.append(f" occupations='tetrahedra', nbnd={bands},")
    else:
        lines.append(" occupations='smearing', smearing='gaussian', degauss=0.005,")
    if name in crystals.spin:
        lines.append(f" nspin=2, starting_magnetization(1)={crystals.spin[name] / electrons(upf, species[0]):.3f},")
    lines += [" /", "&electrons conv_thr=1e-8, diago_full_acc=.true. /", "ATOMIC_SPECIES"]
    lines += [f"{s} {atomic_masses[atomic_numbers[s]]:.3f} {s}.upf" for s in species]
    lines.append("CELL_PARAMETERS angstrom")
    lines += ["%.10f %.10f %.10f" % tuple(v) for v in atoms.cell]
    lines.append("ATOMIC_POSITIONS crystal")
    lines += ["%s %.10f %.10f %.10f" % (s, *p) for s, p in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions())]
    lines += ["K_POINTS automatic", "%d %d %d 0 0 0" % tuple(mesh(atoms.cell[:], density))]
    return "\n".join(lines) + "\n"


def run(program, text, folder, log):
    (folder / f"{log}.in").write_text(text)
    with open(folder / f"{log}.in") as source, open(folder / f"{log}.out", "w") as out:
        subprocess.run([program], stdin=source, stdout=out, stderr=subprocess.STDOUT, cwd=folder, check=True)


def fermi_eV(schema):
    structure = ElementTree.parse(schema).getroot().find("output/band_structure")
    found = structure.find("fermi_energy")
    return HARTREE * float((found if found is not None else structure.find("highestOccupiedLevel")).text)


def compute(name, upf, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    atoms = crystals.atoms(name)
    count = sum(electrons(upf, s) for s in atoms.get_chemical_symbols())
    run("pw.x", pw_input(name, upf, "scf", 1.6), folder, "scf")
    run("pw.x", pw_input(name, upf, "nscf", 3.2, int(count / 2 + 1) + 4 * len(atoms) + 4), folder, "nscf")
    schema = folder / "tmp/x.save/data-file-schema.xml"
    fermi = fermi_eV(schema)
    run("projwfc.x", f"&projwfc prefix='x', outdir='./tmp', filpdos='{name}', Emin={fermi - 13:.3f}, Emax={fermi + 12:.3f}, DeltaE=0.02 /\n", folder, "projwfc")
    shutil.copy(schema, folder / "data-file-schema.xml")
    shutil.rmtree(folder / "tmp")


def main():
    upf, work, names = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:] or crystals.order
    for name in names:
        folder = work / name
        if (folder / "DONE").exists():
            continue
        start = time.time()
        try:
            compute(name, upf, folder)
            (folder / "DONE").write_text(f"{time.time() - start:.0f} s\n")
            print(f"{name}: {time.time() - start:.0f} s", flush=True)
        except (subprocess.CalledProcessError, OSError, AttributeError) as error:
            print(f"{name}: {error}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
