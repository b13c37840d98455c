"""Records and failures as JSON lines that survive a crash, and which formulas are never computed."""
import fcntl
import glob
import gzip
import hashlib
import json
import os
from collections import Counter
from functools import reduce
from math import gcd


def append(path, entry):
    """Appends one line and waits until it is on the disk. Other processes may append to the same file."""
    with open(path, 'a') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(entry) + '\n')
        file.flush()
        os.fsync(file.fileno())


FIRST_STRUCTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'first_structures.jsonl.gz')
"""Relaxed crystals of the first recipe, without their spectra"""


def write_json(path, value):
    """The whole file or nothing."""
    with open(f'{path}.part', 'w') as file:
        json.dump(value, file, indent=1, sort_keys=True)
        file.write('\n')
    os.replace(f'{path}.part', path)


def read_lines(*patterns):
    """The entries of JSON-lines files, plain or gzip; an unfinished last line is left out."""
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            with (gzip.open(path, 'rt') if path.endswith('.gz') else open(path)) as lines:
                for line in lines:
                    try:
                        yield json.loads(line)
                    except ValueError:
                        if line.endswith('\n'):
                            raise ValueError(f'{path}: a line is not JSON: {line[:80]!r}') from None


def repair(path):
    """Cuts off the half line that a crash may leave, so that the next entry starts on its own."""
    if not os.path.exists(path):
        return
    with open(path, 'rb+') as file:
        content = file.read()
        file.truncate(content.rfind(b'\n') + 1)


def reduced_formula(symbols):
    """Elements in alphabetical order, counts divided by their common divisor: O2Ti, ClNa."""
    counts = Counter(symbols)
    divisor = reduce(gcd, counts.values())
    return ''.join(s + (str(n // divisor) if n // divisor > 1 else '') for s, n in sorted(counts.items()))


def reserved(formula):
    """A twentieth of all formulas is kept out of every data set, for an outside referee."""
    return int(hashlib.sha256(formula.encode()).hexdigest()[:8], 16) % 20 == 0


def chance(*names):
    """A number in [0, 1) that depends on the names alone."""
    return int(hashlib.sha256(' '.join(map(str, names)).encode()).hexdigest()[:8], 16) / 2 ** 32
