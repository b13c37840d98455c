"""Computes the list's missing crystals and appends each to DFT_DIR/records_w{worker}.jsonl. Resumable; several workers may run side by side.
usage: DFT_DIR=folder python3 run.py WORKER WORKERS [MAX_CRYSTALS]; stops after the current crystal when DFT_DIR/STOP exists.
Skips what the data set beside this folder or DFT_DIR already holds, known failures (failures.jsonl) and the reserved formulas."""
import os
import sys
os.environ['OMP_NUM_THREADS'] = '1'
import fcntl
import hashlib
import json
import signal
import time
from collections import Counter
from functools import reduce
from math import gcd

if len(sys.argv) < 3:
    sys.exit(__doc__)
HERE = os.path.dirname(os.path.abspath(__file__))
WORKER, WORKERS = int(sys.argv[1]), int(sys.argv[2])
MOST = int(sys.argv[3]) if len(sys.argv) > 3 else 200
FOLDER = os.environ.get('DFT_DIR', '.')
OUT = f'{FOLDER}/records_w{WORKER}.jsonl'
FAILURES = f'{FOLDER}/failures.jsonl'
LIMIT = 120  # seconds per crystal

import numpy as np
import spglib
import enumerate_list as el
from core import compute
from done_ids import done_ids


class OutOfTime(Exception):
    pass


def out_of_time(*_):
    raise OutOfTime()


def ids(path):
    found = set()
    if os.path.exists(path):
        with open(path) as lines:
            for line in lines:
                try:
                    found.add(json.loads(line)['structure_id'])
                except (ValueError, KeyError):
                    pass
    return found


def repair(path):
    """A crash may leave half a line: cut it off, or it would spoil the file for strict readers."""
    if not os.path.exists(path):
        return
    with open(path, 'rb+') as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b'\n')
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def reduced_formula(symbols):
    counts = Counter(symbols)
    divisor = reduce(gcd, counts.values())
    return ''.join(s + (str(n // divisor) if n // divisor > 1 else '') for s, n in sorted(counts.items()))


def reserved(formula):
    """A twentieth of all formulas is kept out of every data set."""
    return int(hashlib.sha256(formula.encode()).hexdigest()[:8], 16) % 20 == 0


def failed(job, reason, seconds):
    entry = dict(structure_id=job['structure_id'], prototype=job['prototype'], reason=reason[:300], seconds=round(seconds, 1))
    with open(FAILURES, 'a') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(entry) + '\n')


def rounded(values):
    """4 significant digits, values below 5e-5 set to 0."""
    return [[float('%.4g' % v) if v > 5e-5 else 0.0 for v in row] for row in values]


def in_order():
    """Small cells first: cells of up to 3 atoms and every seventh larger one, then the rest."""
    jobs = list(enumerate(el.make_list()))
    atoms = {}
    for _, job in jobs:
        if job['prototype'] not in atoms:
            atoms[job['prototype']] = len(el.build(job))
    early = [atoms[job['prototype']] <= 3 or (i // WORKERS) % 7 == 0 for i, job in jobs]
    return [j for j, e in zip(jobs, early) if e] + [j for j, e in zip(jobs, early) if not e]


def one(i, job):
    """Computes one crystal. False if there was nothing to do."""
    prototype = job['prototype']
    started = time.time()
    try:
        signal.alarm(LIMIT)
        atoms = el.build(job)
        formula = reduced_formula(atoms.get_chemical_symbols())
        if reserved(formula):
            return False
        record, y, y_voronoi, _ = compute(atoms, prototype in el.ANISO, prototype in el.FREE, f'{FOLDER}/scratch_w{WORKER}.txt')
        signal.alarm(0)
        seconds = time.time() - started
        if abs(record['pressure_GPa']) > 8:
            failed(job, f"pressure {record['pressure_GPa']}", seconds)
        elif not (np.isfinite(y).all() and np.isfinite(y_voronoi).all()):
            failed(job, 'nan', seconds)
        else:
            group = spglib.get_spacegroup((record['cell'], atoms.get_scaled_positions(), record['atomic_numbers']), symprec=1e-3)
            entry = dict(structure_id=job['structure_id'], prototype=prototype, formula=formula,
                         spacegroup=int(group.split('(')[1].rstrip(')')), species=job['species'], index=i, **record,
                         seconds=round(seconds, 2), y=rounded(y), y_voronoi=rounded(y_voronoi))
            with open(OUT, 'a') as file:
                file.write(json.dumps(entry) + '\n')
    except OutOfTime:
        failed(job, 'time limit', time.time() - started)
    except Exception as error:  # one crystal that GPAW cannot do must not stop the others
        signal.alarm(0)
        failed(job, f'{type(error).__name__}: {error}', time.time() - started)
    finally:
        signal.alarm(0)
    return True


def main():
    signal.signal(signal.SIGALRM, out_of_time)
    os.makedirs(FOLDER, exist_ok=True)
    repair(OUT)
    done = done_ids() | ids(FAILURES) | ids(os.path.join(HERE, 'failures.jsonl'))
    for worker in range(WORKERS):
        done |= ids(f'{FOLDER}/records_w{worker}.jsonl')
    count = 0
    for i, job in in_order():
        if i % WORKERS != WORKER or job['structure_id'] in done:
            continue
        if os.path.exists(f'{FOLDER}/STOP') or count >= MOST:
            break
        count += one(i, job)


if __name__ == '__main__':
    main()
