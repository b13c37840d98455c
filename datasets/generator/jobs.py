"""What there is to compute, in an order that leaves a balanced set wherever it stops."""
import numpy as np
import spglib
from ase import Atoms
from ase.calculators.calculator import kpts2sizeandoffsets

import first_list
import second_list
from electrons import MOMENTS, cutoff, recipe
from quick_gpaw import plane_waves
from store import read_lines, reduced_formula, reserved
from volumes import at_volume, start_volume

EXCHANGEABLE = {'rocksalt', 'cscl', 'zincblende', 'wurtzite', 'l10', 'heusler', 'invheusler'}
"""Prototypes in which the elements may change places: AB and BA are one crystal."""


SLOW = 4.0
"""Estimated processor seconds from which on a crystal waits until all others are done; then the quickest come first."""


class Job:
    """One crystal: `build()` gives its starting cell. finished: the cell is an equilibrium already. whole: cell and
    coordinates are free as far as the crystal's symmetry allows."""

    def __init__(self, name, prototype, build, uniaxial=False, free=False, finished=False, whole=False):
        self.name, self.prototype, self.build = name, prototype, build
        self.uniaxial, self.free, self.finished, self.whole = uniaxial, free, finished, whole

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
    seen, names, operations = set(), set(), {}
    streams = {'known': [], 'small': [], 'large': []}
    slow = []
    for jobs in (known, listed):
        for job in jobs:
            atoms = job.build()
            key = job.key(atoms)
            if reserved(reduced_formula(atoms.get_chemical_symbols())) or key in seen or job.name in names:
                continue
            seen.add(key)
            names.add(job.name)
            if job.prototype not in operations:
                operations[job.prototype] = distinct_rotations(atoms)
            seconds = processor_seconds(atoms, operations[job.prototype])
            if seconds > SLOW:
                slow.append((seconds, job))
            else:
                streams['known' if job.finished else 'small' if len(atoms) <= 3 else 'large'].append(job)
    np.random.default_rng(5).shuffle(streams['known'])
    quick = interleave([streams['known'], streams['small'], streams['large']], [2, 2, 1])
    return [*quick, *(job for _, job in sorted(slow, key=lambda pair: pair[0]))]


def processor_seconds(atoms, operations):
    """What a crystal will cost, within a factor 1.6 for two thirds of them: fitted to the first 240."""
    symbols, settings = atoms.get_chemical_symbols(), recipe(2)
    waves = plane_waves(atoms.get_volume(), cutoff(symbols, settings))
    mesh, _ = kpts2sizeandoffsets(**settings['kpts_dos'], atoms=atoms)
    magnetic = 2.03 if set(symbols) & set(MOMENTS) else 1.0
    return 1.36e-5 * waves ** 1.66 * (np.prod(mesh) / operations) ** 0.82 * magnetic


def distinct_rotations(atoms):
    """The number of rotations under which bands are the same: the crystal's, with time reversal."""
    rotations = spglib.get_symmetry((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), symprec=1e-3)['rotations']
    return len({tuple((sign * rotation).ravel()) for rotation in rotations for sign in (1, -1)})


def interleave(streams, shares):
    """Takes from each stream in turn, as many at a time as its share, until all are empty."""
    streams = [list(reversed(stream)) for stream in streams]
    while any(streams):
        for stream, share in zip(streams, shares):
            for _ in range(min(share, len(stream))):
                yield stream.pop()
