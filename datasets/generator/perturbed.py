"""Imperfect versions of a crystal: other volumes, strained cells, displaced atoms. They keep some symmetry, since the
number of irreducible k-points, and the time, grows as symmetry is lost. What is drawn depends on the name alone."""
import numpy as np

from store import chance

DIRECTIONS = {'001': (0, 0, 1), '110': (1, 1, 0), '111': (1, 1, 1)}


def scaled(atoms, volume_ratio):
    changed = atoms.copy()
    changed.set_cell(atoms.cell.array * volume_ratio ** (1 / 3), scale_atoms=True)
    return changed


def strained(atoms, name):
    """A stretch of up to 6 % along one direction, with a third of it taken back across."""
    axis = _direction(name, 'strain')
    stretch = _signed(name, 'strain', 0.02, 0.06)
    strain = stretch * (np.outer(axis, axis) - (np.eye(3) - np.outer(axis, axis)) / 3)
    changed = atoms.copy()
    changed.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
    return changed


def displaced(atoms, name):
    """The last atom moved by 0.1 to 0.35 Angstrom along one direction."""
    changed = atoms.copy()
    positions = changed.get_positions()
    positions[-1] += _signed(name, 'displaced', 0.1, 0.35) * _direction(name, 'displaced')
    changed.set_positions(positions)
    return changed


def _direction(name, what):
    vector = list(DIRECTIONS.values())[int(len(DIRECTIONS) * chance(name, what, 'direction'))]
    return np.array(vector) / np.linalg.norm(vector)


def _signed(name, what, low, high):
    size = low + (high - low) * chance(name, what, 'size')
    return size if chance(name, what, 'sign') < 0.5 else -size
