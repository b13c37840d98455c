"""Towards the equilibrium volume by Newton steps on the stress; on request the cell's shape and internal coordinates too."""
import math
from dataclasses import dataclass

import numpy as np

from electrons import GroundState, ground_state, set_moments
from volumes import start_bulk_modulus

FORCE_CONSTANT = 22.0  # eV/Angstrom^2, of the free internal coordinates
LARGEST_SHIFT = 0.06   # Angstrom a step
LARGEST_STRAIN = 0.03  # a step
NO_MOMENT = 0.05       # muB an atom: below it the crystal is taken as non-magnetic


@dataclass
class Step:
    ground: GroundState
    log_volume: float
    """ln(V0/V): how far the equilibrium volume seems to be"""
    strain: np.ndarray
    """[3, 3] the change of shape, at constant volume, that the stress asks for; zero where the shape stays"""
    force: float
    """largest component of a force on a free coordinate in eV/Angstrom, else 0"""
    accepted: bool


def relaxation(atoms, settings, uniaxial=False, free=False, txt=None, symmetry=None):
    """A generator of self-consistent steps; `atoms` moves between them. It ends with the accepted step, or after
    settings['most_scf'].

    uniaxial: c/a may change; free: the z coordinates may. symmetry, a `HeldSymmetry`, frees the whole cell and all
    coordinates as far as it allows, instead of these two."""
    magnetic = set_moments(atoms)
    bulk = _first_bulk_modulus(atoms, settings)
    ground = earlier = None
    for count in range(1, settings['most_scf'] + 1):
        ground = ground_state(atoms, settings, magnetic, txt, ground)
        here = ground.volume, ground.pressure
        if earlier:
            bulk = _bulk_modulus(earlier, here, bulk)
        earlier = here
        if symmetry:
            forces, deviator = symmetry.of_vectors(atoms, ground.forces()), symmetry.of_tensor(atoms, _deviator(ground))
        else:
            forces = ground.forces() * (0, 0, 1) if free else np.zeros((len(atoms), 3))
            deviator = _along_z(_deviator(ground)) if uniaxial else np.zeros((3, 3))
        step = _step(ground, bulk, deviator, float(abs(forces).max()), settings['accept'])
        yield step
        if step.accepted or count == settings['most_scf']:
            return
        _move(atoms, step, forces)
        if magnetic:
            magnetic = abs(ground.moment) >= NO_MOMENT * len(atoms)
            atoms.set_initial_magnetic_moments(ground.calc.results['magmoms'] if magnetic else None)


def _deviator(ground):
    return ground.stress + ground.pressure * np.eye(3)


def _along_z(deviator):
    return deviator[2, 2] * np.diag([-0.5, -0.5, 1.0])


def _step(ground, bulk, deviator, force, accept):
    """Murnaghan's equation with B' = 4: ln(V0/V) = ln(1 + 4P/B) / 4."""
    pressure = ground.pressure
    log_volume = float(np.clip(math.log(max(1 + 4 * pressure / bulk, 0.3)) / 4, -0.25, 0.25))
    strain = -deviator / (1.2 * bulk)
    strain *= min(1.0, LARGEST_STRAIN / max(abs(strain).max(), 1e-9))
    accepted = (abs(pressure) < accept['pressure_GPa'] and abs(log_volume) < accept['log_volume']
                and abs(strain).max() < accept['uniaxial'] and force < accept['force_eV_A'])
    return Step(ground, log_volume, strain, force, accepted)


def _first_bulk_modulus(atoms, settings):
    """GPa. The larger of two guesses is the smaller step."""
    from_volume = 100.0 * (15 * len(atoms) / atoms.get_volume()) ** 1.5
    return max(from_volume, start_bulk_modulus(atoms.get_chemical_symbols())) if settings['start'] == 'fitted' else from_volume


def _bulk_modulus(earlier, here, bulk):
    """B at the later of two points of P = a V^-4 - B/4; the old value where that makes no sense."""
    (v1, p1), (v2, p2) = earlier, here
    difference = v1 ** -4 - v2 ** -4
    if abs(difference) < 1e-30:
        return bulk
    slope = (p1 - p2) / difference
    new = 4 * (slope * v2 ** -4 - p2)
    return min(max(new, bulk / 3), 3 * bulk) if 1 < new < 800 else bulk


def _move(atoms, step, forces):
    """A step along the forces and the strain. Lengths are cut as a whole, so that the crystal keeps its symmetry."""
    shift = forces / FORCE_CONSTANT
    shift *= min(1.0, LARGEST_SHIFT / max(abs(shift).max(), 1e-9))
    atoms.set_positions(atoms.get_positions() + shift)
    strain = np.eye(3) * (1 + step.log_volume / 3) + step.strain
    atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
