"""Records of crystals that somebody lists: existing compounds, or your own. Volume, shape and coordinates are relaxed as far
as each crystal's space group leaves them free.

usage: python3 real.py LIST FOLDER WORKER WORKERS [--skip RECORDS ...] [--most N] [--seconds S]
LIST: a folder of CIF files, an extended-XYZ file, any other file that ASE reads, or JSON: a list of {id, numbers, cell,
scaled} (Angstrom, fractional), gzipped if you like. RECORDS: JSON-lines files of what is computed already.

Prints what it leaves out and why, then computes the rest, most needed elements first. FOLDER/STOP ends it after the crystal in
hand; it resumes. Failures go to FOLDER/failures.jsonl and are not tried again."""
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import argparse
import glob
import gzip
import json
import os
import signal
from collections import Counter

import ase.io
import numpy as np
import spglib
from ase import Atoms
from ase.data import chemical_symbols

from electrons import PULAY
from grow import Worker, out_of_time
from jobs import Job, distinct_rotations, processor_seconds
from store import read_lines, reduced_formula, repair, reserved

MOST_ATOMS = 12
SYMMETRY_TOLERANCE = 0.01
"""Angstrom: listed coordinates are rounded"""
CLOSEST = 0.6
"""Of the sum of two atoms' covalent radii; nearer atoms overlap"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('list')
    parser.add_argument('folder')
    parser.add_argument('worker', type=int)
    parser.add_argument('workers', type=int)
    parser.add_argument('--skip', nargs='*', default=[], help='JSON-lines files of records that are computed already')
    parser.add_argument('--most', type=int, default=10 ** 9, help='stop after so many crystals')
    parser.add_argument('--seconds', type=float, default=400, help='processor time for a crystal and its versions')
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, out_of_time)
    os.makedirs(options.folder, exist_ok=True)
    worker = Worker(options.folder, options.worker)
    worker.settings = dict(worker.settings, **worker.settings['whole'], time_limit_s=options.seconds)
    repair(worker.records)
    before = worker.before() | {record['structure_id'] for record in read_lines(*options.skip)}
    jobs, refused = jobs_of(read_list(options.list))
    for reason, names in refused.items():
        print(f'left out, {reason}: {len(names)} ({", ".join(names[:3])}{", ..." if len(names) > 3 else ""})', flush=True)
    done = before | worker.done()
    mine = share(jobs, before, done, options.worker, options.workers)
    print(f'{len(mine)} crystals for this worker', flush=True)
    for job in mine[:options.most]:
        if os.path.exists(f'{options.folder}/STOP'):
            break
        worker.run(job, done)


def read_list(path):
    """[(id, Atoms)] of a list in any of its forms; an entry that cannot be read has None for its atoms."""
    if os.path.isdir(path):
        files = sorted(glob.glob(os.path.join(path, '*.cif')))
        return [(os.path.splitext(os.path.basename(file))[0], _read_cif(file)) for file in files]
    if path.endswith(('.json', '.json.gz')):
        with (gzip.open(path, 'rt') if path.endswith('.gz') else open(path)) as file:
            return [(str(row['id']), Atoms(row['numbers'], cell=row['cell'], scaled_positions=row['scaled'], pbc=True))
                    for row in json.load(file)]
    frames = ase.io.read(path, index=':')
    stem = os.path.basename(path).split('.')[0]
    return [(str(atoms.info.get('id', f'{stem}-{count}')), atoms) for count, atoms in enumerate(frames)]


def _read_cif(path):
    try:
        return ase.io.read(path)
    except Exception:  # whatever ASE's reader stumbles over: the file is counted as unreadable
        return None


def jobs_of(entries):
    """([(job, atoms)], {reason: names of entries left out})."""
    jobs, refused, seen = [], {}, set()
    for name, atoms in entries:
        reason = 'unreadable' if atoms is None else problem(atoms)
        if reason:
            refused.setdefault(reason, []).append(name)
            continue
        atoms = primitive(atoms)
        reason = f'more than {MOST_ATOMS} atoms' if len(atoms) > MOST_ATOMS else None
        group = spglib.get_symmetry_dataset(_cell_of(atoms), symprec=1e-3)['number']
        full = f'{reduced_formula(atoms.get_chemical_symbols())}-sg{group}-{name}'
        if not reason and full in seen:
            reason = 'listed twice'
        if reason:
            refused.setdefault(reason, []).append(name)
            continue
        seen.add(full)
        jobs.append((Job(full, f'sg{group}', atoms.copy, whole=True), atoms))
    return jobs, refused


def problem(atoms):
    """Why a crystal cannot be computed, or None."""
    symbols = atoms.get_chemical_symbols()
    unknown = sorted(set(symbols) - set(PULAY))
    if unknown:
        return f'no recipe for {", ".join(unknown)}'
    if not abs(atoms.cell.volume) > 1 or not np.isfinite(atoms.positions).all():
        return 'no crystal cell'
    if reserved(reduced_formula(symbols)):
        return 'reserved formula'
    if disordered(atoms):
        return 'partly occupied sites'
    if overlapping(atoms):
        return 'overlapping atoms'
    return None


def disordered(atoms):
    """Whether a CIF's sites are shared by elements or partly empty: ASE's reader fills each with its main element."""
    sites = atoms.info.get('occupancy') or {}
    return any(len(site) > 1 or min(site.values()) < 0.99 for site in sites.values())


def overlapping(atoms):
    from ase.data import covalent_radii
    from ase.neighborlist import neighbor_list
    radii = CLOSEST * covalent_radii[atoms.numbers]
    return len(neighbor_list('i', atoms, list(radii))) > 0


def primitive(atoms):
    """The primitive cell with exact symmetry; the cell as it is where that cannot be found."""
    found = spglib.standardize_cell(_cell_of(atoms), to_primitive=True, symprec=SYMMETRY_TOLERANCE)
    if found is None:
        return atoms
    cell, scaled, numbers = found
    return Atoms(numbers, cell=cell, scaled_positions=scaled, pbc=True)


def _cell_of(atoms):
    return atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers


def share(jobs, before, done, worker, workers):
    """What is left of a worker's share. The shares depend on what was there before the folder was begun, not on what is done
    since: a worker that starts again takes nothing from the others, which are still at work."""
    return [job for job in balanced(jobs, before)[worker::workers] if job.name not in done]


def balanced(jobs, done):
    """The jobs that are not done, so that at any stop the elements are as evenly there as the list allows: next comes the
    crystal with the rarest element so far, weighed a little against what it costs."""
    counts = Counter(symbol for job, atoms in jobs if job.name in done for symbol in set(atoms.get_chemical_symbols()))
    open_jobs = [(job, sorted(set(atoms.get_chemical_symbols())),
                  processor_seconds(atoms, distinct_rotations(atoms)) ** 0.25) for job, atoms in jobs if job.name not in done]
    order = []
    while open_jobs:
        need = [1 / (1 + min(counts[s] for s in symbols)) / cost for _, symbols, cost in open_jobs]
        job, symbols, _ = open_jobs.pop(int(np.argmax(need)))
        counts.update(symbols)
        order.append(job)
    return order


if __name__ == '__main__':
    main()
