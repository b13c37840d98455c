"""How far the site DOS of each recipe is from better converged settings (600 eV, a denser mesh) at the same geometry:
relative L1 distance, sum |y - y'| / sum |y'|, of y with its own zero, as a user meets it. Written to OUT.json.

usage: python3 known_errors.py OUT.json [--structures FILE ...] [--only NAME ...]   It resumes."""
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import argparse
import json
import os

import numpy as np

from crystal_record import make_record
from electrons import recipe
from jobs import all_jobs
from relaxation import relaxation
from store import FIRST_STRUCTURES, write_json

CRYSTALS = ['fcc-Cu', 'diamond-Si', 'cscl-RuGe', 'fluorite-TiO2', 'rocksalt-NaCl', 'fcc-Al', 'bcc-W', 'hcp-Mg', 'cscl-NiTi',
            'zincblende-GaAs', 'rocksalt-ScN', 'rocksalt-LiF', 'alb2-TiB2', 'halfheusler-LiPdGe', 'l12-NiNb3', 'bcc-Na']
"""The crystals of the first card that may be computed (MgO is reserved), and others of every kind."""


def site_dos(atoms, settings):
    step = next(relaxation(atoms.copy(), settings))
    return make_record(step.ground, atoms, settings)


def errors(atoms):
    converged = site_dos(atoms, recipe('converged'))
    y = np.array(converged['y'])
    found = {'atoms': len(atoms), 'gap_eV': converged['gap_eV'], 'nk_converged': converged['nk_dos']}
    for name in (1, 2):
        record = site_dos(atoms, recipe(name))
        found[f'recipe {name}'] = {
            'relative_L1': round(float(abs(np.array(record['y']) - y).sum() / y.sum()), 4),
            'zero_error_eV': round(record['efermi_eV'] - converged['efermi_eV'], 3),
            'gap_error_eV': round(record['gap_eV'] - converged['gap_eV'], 3),
            'nk': record['nk_dos']}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--structures', nargs='*', default=[FIRST_STRUCTURES])
    parser.add_argument('--only', nargs='*', default=CRYSTALS)
    options = parser.parse_args()
    jobs = {job.name: job for job in all_jobs(options.structures)}
    table = {}
    if os.path.exists(options.out):
        with open(options.out) as file:
            table = json.load(file)
    for name in options.only:
        if name not in table:
            table[name] = errors(jobs[name].build())
            print(name, table[name], flush=True)
            write_json(options.out, table)


if __name__ == '__main__':
    main()
