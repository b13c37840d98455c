"""What there is to compute, in an order that leaves a balanced set wherever it stops."""
import numpy as np
from ase import Atoms

import first_list
import second_list
from electrons import cutoff, recipe
from quick_gpaw import has_inversion, plane_waves
from store import read_lines, reduced_formula, reserved
from volumes import at_volume, start_volume

EXCHANGEABLE = {'rocksalt', 'cscl', 'zincblende', 'wurtzite', 'l10', 'heusler', 'invheusler'}
"""Prototypes in which the elements may change places: AB and BA are one crystal."""


SLOW = 1200
"""Plane waves from which on a crystal waits until all others are done."""


class Job:
    """One crystal: `build()` gives its starting cell. finished: the cell is an equilibrium already."""

    def __init__(self, name, prototype, build, uniaxial=False, free=False, finished=False):
        self.name, self.prototype, self.build = name, prototype, build
        self.uniaxial, self.free, self.finished = uniaxial, free, finished

    @classmethod
    def from_record(cls, record):
        def build():
            return Atoms(record['atomic_numbers'], cell=record['cell'], positions=record['positions'], pbc=True)
        return cls(record['structure_id'], record['prototype'], build, finished=True)

    @classmethod
    def from_first_list(cls, entry, fitted_volume=True):
        prototype = entry['prototype']

        def build():
            atoms = first_list.build(entry)
            if not fitted_volume:
                return atoms
            return at_volume(atoms, start_volume(atoms.get_chemical_symbols(), prototype, entry['ox'] is not None))
        return cls(entry['structure_id'], prototype, build, prototype in first_list.ANISO, prototype in first_list.FREE)

    @classmethod
    def from_second_list(cls, entry):
        return cls(entry['structure_id'], entry['prototype'], lambda: second_list.build(entry),
                   second_list.uniaxial(entry['prototype']), entry['prototype'] in second_list.FREE)

    def key(self, atoms):
        """A name that equal crystals share."""
        formula = reduced_formula(atoms.get_chemical_symbols())
        if self.prototype == 'halfheusler':
            return f'{self.prototype} {formula} {atoms.symbols[1]}'
        return f'{self.prototype} {formula}' if self.prototype in EXCHANGEABLE else self.name


def first_jobs():
    """The first recipe's list, in its order and from its own starting volumes."""
    return [job for job in (Job.from_first_list(entry, fitted_volume=False) for entry in first_list.make_list())
            if not reserved(reduced_formula(job.build().get_chemical_symbols()))]


def all_jobs(structures):
    """structures: JSON-lines files of records whose cells are equilibria. Reserved formulas and repeated crystals are
    left out."""
    known = [Job.from_record(record) for record in read_lines(*structures)]
    listed = [Job.from_first_list(entry) for entry in first_list.make_list()]
    more = [Job.from_second_list(entry) for entry in second_list.make_list()]
    listed = list(interleave([listed, more], [4, 1]))
    seen, names = set(), set()
    streams = {'known': [], 'small': [], 'large': [], 'slow': []}
    for jobs in (known, listed):
        for job in jobs:
            atoms = job.build()
            key = job.key(atoms)
            if reserved(reduced_formula(atoms.get_chemical_symbols())) or key in seen or job.name in names:
                continue
            seen.add(key)
            names.add(job.name)
            slow = _plane_waves(atoms) > SLOW
            streams['slow' if slow else 'known' if job.finished else 'small' if len(atoms) <= 3 else 'large'].append(job)
    np.random.default_rng(5).shuffle(streams['known'])
    return [*interleave([streams['known'], streams['small'], streams['large']], [6, 3, 1]), *streams['slow']]


def _plane_waves(atoms):
    """Their number, less for crystals with inversion, whose Hamiltonians are real and three times as fast."""
    count = plane_waves(atoms.get_volume(), cutoff(atoms.get_chemical_symbols(), recipe(2)))
    return count / 1.5 if has_inversion(atoms) else count


def interleave(streams, shares):
    """Takes from each stream in turn, as many at a time as its share, until all are empty."""
    streams = [list(reversed(stream)) for stream in streams]
    while any(streams):
        for stream, share in zip(streams, shares):
            for _ in range(min(share, len(stream))):
                yield stream.pop()
