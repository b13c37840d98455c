"""The second recipe against published numbers, at measured lattice constants: gaps of semiconductors, centres of d bands.

usage: python3 published.py [published.json]      continues where it stopped; reserved formulas are left out
Gaps: PBE, Shishkin and Kresse, Phys. Rev. B 75, 235102 (2007). Centres: close-packed surfaces, Hammer and Norskov, Adv. Catal.
45, 71 (2000); ours are of the bulk, so that the order of the metals is compared and not the value."""
import quick_gpaw  # first: it makes GPAW quick

import json
import os
import sys

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.symbols import string2symbols

from electrons import HERE, bands, ground_state, recipe, set_moments
from sites import state_weights
from spectra import GRID, tetrahedron_spectra
from store import reduced_formula, reserved

SETTINGS = recipe(2)
GAPS = {'Si': ('diamond', 5.430, 0.62), 'C': ('diamond', 3.567, 4.12), 'SiC': ('zincblende', 4.350, 1.35),
        'GaAs': ('zincblende', 5.648, 0.49), 'AlP': ('zincblende', 5.451, 1.57), 'CdS': ('zincblende', 5.832, 1.14),
        'ZnS': ('zincblende', 5.420, 2.07), 'BN': ('zincblende', 3.615, 4.45), 'MgO': ('rocksalt', 4.213, 4.76),
        'LiF': ('rocksalt', 4.010, 9.20)}
CENTRES = {'Ni': (3.52, -1.29), 'Cu': (3.61, -2.67), 'Rh': (3.80, -1.73), 'Pd': (3.89, -1.83), 'Ag': (4.09, -4.30),
           'Ir': (3.84, -2.11), 'Pt': (3.92, -2.25), 'Au': (4.08, -3.56)}
D_BAND = (-10.0, 2.5)
"""eV from the Fermi level: above, what the sphere calls d belongs to free-electron-like states"""


def gap_of(name):
    prototype, a, published = GAPS[name]
    atoms = cubic(name, prototype, a)
    ground = ground_state(atoms, SETTINGS, set_moments(atoms))
    found = bands(ground, atoms, SETTINGS)
    spectra = tetrahedron_spectra(found, *state_weights(found, atoms), atoms.cell.array)
    return dict(gap_eV=round(spectra.gap, 3), published_eV=published)


def centre_of(name):
    a, published = CENTRES[name]
    atoms = bulk(name, 'fcc', a=a)
    ground = ground_state(atoms, SETTINGS, set_moments(atoms))
    found = bands(ground, atoms, SETTINGS)
    d_states = tetrahedron_spectra(found, *state_weights(found, atoms, angular=2), atoms.cell.array).site[0]
    inside = (GRID >= D_BAND[0]) & (GRID <= D_BAND[1])
    centre = (d_states * GRID)[inside].sum() / d_states[inside].sum()
    return dict(centre_eV=round(float(centre), 3), published_surface_eV=published)


def main(out):
    found = {'gaps': {}, 'd_band_centres': {}}
    if os.path.exists(out):
        with open(out) as file:
            found = json.load(file)
    for kind, names, compute in [('gaps', GAPS, gap_of), ('d_band_centres', CENTRES, centre_of)]:
        for name in names:
            if name in found[kind] or reserved(reduced_formula(string2symbols(name))):
                continue
            found[kind][name] = compute(name)
            print(name, found[kind][name], flush=True)
            with open(f'{out}.part', 'w') as file:
                json.dump(found, file, indent=1)
            os.replace(f'{out}.part', out)
    centres = list(found['d_band_centres'].values())
    ranks = [np.argsort(np.argsort([c[key] for c in centres])) for key in ('centre_eV', 'published_surface_eV')]
    print('rank correlation of the centres:', round(float(np.corrcoef(*ranks)[0, 1]), 2))


def cubic(name, prototype, a):
    """The primitive cell of a face-centred cubic crystal with two atoms."""
    symbols = (2 * string2symbols(name))[:2]
    second = 0.5 if prototype == 'rocksalt' else 0.25
    return Atoms(symbols, cell=a / 2 * (1 - np.eye(3)), scaled_positions=[[0] * 3, [second] * 3], pbc=True)


if __name__ == '__main__':
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, 'published.json'))
