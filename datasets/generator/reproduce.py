"""Recomputes random records of the first set with the first recipe, from their starting cells on, and compares.

usage: python3 reproduce.py OUT.json --structures FILE ... [--count 20] [--seed 1]   It resumes.
Prints the median and the worst of the relative L1 distance of y (site by site, each with its own relaxed cell) and of the
lattice constants' relative difference."""
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import argparse
import json
import os
import random
from statistics import median

import numpy as np

from crystal_record import make_record
from electrons import recipe
from jobs import first_jobs
from relaxation import relaxation
from store import read_lines, write_json


def recompute(job):
    settings = recipe(1)
    atoms = job.build()
    for step in relaxation(atoms, settings, job.uniaxial, job.free):
        pass
    return make_record(step.ground, atoms, settings, step.force)


def compare(new, old):
    y, expected = np.array(new['y']), np.array(old['y'])
    lengths, old_lengths = (np.linalg.norm(record['cell'], axis=1) for record in (new, old))
    return {'relative_L1': round(float(abs(y - expected).sum() / expected.sum()), 5),
            'lattice': round(float(abs(lengths / old_lengths - 1).max()), 6),
            'zero_eV': round(new['efermi_eV'] - old['efermi_eV'], 4),
            'energy_eV_per_atom': round(new['energy_per_atom_eV'] - old['energy_per_atom_eV'], 5)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--structures', nargs='+', required=True)
    parser.add_argument('--count', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    records = sorted(read_lines(*options.structures), key=lambda record: record['structure_id'])
    chosen = random.Random(options.seed).sample(records, options.count)
    jobs = {job.name: job for job in first_jobs()}
    table = {}
    if os.path.exists(options.out):
        with open(options.out) as file:
            table = json.load(file)
    for record in chosen:
        name = record['structure_id']
        if name not in table:
            table[name] = compare(recompute(jobs[name]), record)
            write_json(options.out, table)
            print(name, table[name], flush=True)
    for key in ('relative_L1', 'lattice'):
        values = [entry[key] for entry in table.values()]
        print(f'{key}: median {median(values):.5f}, worst {max(values):.5f} of {len(values)}')


if __name__ == '__main__':
    main()
