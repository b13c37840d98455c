"""Energies of the elements, from which formation energies are counted, at each cut-off of the recipe: the lowest of an
element's crystals (our prototypes, and for some elements its known structure), or its molecule in a box.

usage: python3 references.py OUT.json [--structures FILE ...] [--only ELEMENT ...]
FILE: relaxed crystals, the elements among them. It resumes: what OUT.json holds is not computed again."""
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import argparse
import json
import os

import numpy as np
from ase import Atoms
from ase.spacegroup import crystal
from gpaw import GPAW, PW, FermiDirac

from crystal_record import mesh_correction
from electrons import bands, recipe
from relaxation import relaxation
from store import FIRST_STRUCTURES, read_lines, write_json

RECIPE = 2
MOLECULES = {'H': 0.75, 'N': 1.10, 'O': 1.22, 'F': 1.42, 'Cl': 2.00, 'Br': 2.31, 'I': 2.69}
"""PBE's bond lengths in Angstrom"""
BOX = (8.0, 8.2, 8.4)

LARGEST_CELL = 150.0
"""Angstrom^3: the hcp cells of the heavy alkali metals, which bcc equals to a few meV, take too long"""


def _arsenic(a, c, z):
    return dict(spacegroup=166, basis=[(0, 0, z)], cellpar=[a, a, c, 90, 90, 120])


def _selenium(a, c, x):
    return dict(spacegroup=152, basis=[(x, 0, 1 / 3)], cellpar=[a, a, c, 90, 90, 120])


def _black_phosphorus(a, b, c, y, z):
    return dict(spacegroup=64, basis=[(0, y, z)], cellpar=[a, b, c, 90, 90, 90])


KNOWN = {
    'As': ('arsenic', _arsenic(3.760, 10.548, .2271)), 'Sb': ('arsenic', _arsenic(4.307, 11.273, .2335)),
    'Bi': ('arsenic', _arsenic(4.546, 11.862, .2339)),
    'Se': ('selenium', _selenium(4.366, 4.954, .2254)), 'Te': ('selenium', _selenium(4.457, 5.929, .2633)),
    'S': ('selenium', _selenium(3.90, 4.30, .219)),
    'P': ('black phosphorus', _black_phosphorus(3.314, 10.478, 4.376, .1034, .0806)),
    'Ga': ('alpha-gallium', _black_phosphorus(4.520, 7.663, 4.526, .1549, .081)),
    'C': ('graphite', dict(spacegroup=194, basis=[(0, 0, .25), (1 / 3, 2 / 3, .25)], cellpar=[2.46, 2.46, 6.7, 90, 90, 120])),
    'B': ('alpha-boron', dict(spacegroup=166, basis=[(.1188, .8812, .8912), (.1963, .8037, .0243)],
                              cellpar=[4.908, 4.908, 12.567, 90, 90, 120])),
}
"""Measured structures that our prototypes lack. Sulfur's rings are too large a cell: chains as in selenium stand for them."""


def candidates(element, structures):
    """[(name, atoms)]: the element's lowest prototype by the records' energies, and its known structure."""
    found = [r for r in structures if r['formula'] == element]
    found = [r for r in found if abs(np.linalg.det(r['cell'])) < LARGEST_CELL] or found
    cells = []
    if found:
        best = min(found, key=lambda record: record['energy_per_atom_eV'])
        atoms = Atoms(best['atomic_numbers'], cell=best['cell'], positions=best['positions'], pbc=True)
        cells.append((best['prototype'], atoms))
    if element in KNOWN:
        name, how = KNOWN[element]
        cells.append((name, crystal([element] * len(how['basis']), primitive_cell=True, **how)))
    return cells


def solid_energy(atoms, ecut):
    """eV an atom."""
    settings = dict(recipe(RECIPE), ecut_eV={'default': ecut, 'hard': ecut})
    for step in relaxation(atoms, settings):
        pass
    dense = bands(step.ground, atoms, settings)
    return (step.ground.energy + mesh_correction(step.ground, dense)) / len(atoms)


def molecule_energy(element, ecut):
    """eV an atom of the diatomic molecule, O2 as a triplet."""
    half = MOLECULES[element] / 2
    x, y, z = (length / 2 for length in BOX)
    atoms = Atoms([element] * 2, positions=[(x, y, z - half), (x, y, z + half)], cell=BOX, pbc=True)
    triplet = element == 'O'
    if triplet:
        atoms.set_initial_magnetic_moments([1, 1])
    atoms.calc = GPAW(mode=PW(ecut), xc='PBE', occupations=FermiDirac(0.01, fixmagmom=triplet), spinpol=triplet, txt=None,
                      convergence=dict(recipe(RECIPE)['convergence']), nbands=10)
    return atoms.get_potential_energy() / 2


def reference(element, structures, ecut):
    """{energy_per_atom_eV, phase}"""
    if element in MOLECULES:
        return dict(energy_per_atom_eV=round(molecule_energy(element, ecut), 5), phase=f'{element}2 molecule')
    energies = {name: solid_energy(atoms, ecut) for name, atoms in candidates(element, structures)}
    phase = min(energies, key=energies.get)
    return dict(energy_per_atom_eV=round(energies[phase], 5), phase=phase)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--structures', nargs='*', default=[FIRST_STRUCTURES])
    parser.add_argument('--only', nargs='*', help='these elements alone')
    options = parser.parse_args()
    structures = list(read_lines(*options.structures))
    elements = sorted({r['formula'] for r in structures if r['formula'].isalpha() and len(r['formula']) <= 2
                       and len(set(r['atomic_numbers'])) == 1} | set(MOLECULES))
    table = {}
    if os.path.exists(options.out):
        with open(options.out) as file:
            table = json.load(file)
    ecut = recipe(RECIPE)['ecut_eV']
    for element in options.only or elements:
        for energy in sorted(set(ecut.values())):
            entries = table.setdefault(str(int(energy)), {})
            if element not in entries:
                entries[element] = reference(element, structures, energy)
                print(element, energy, entries[element], flush=True)
                write_json(options.out, table)


if __name__ == '__main__':
    main()
