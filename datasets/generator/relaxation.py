"""Towards the equilibrium volume (and c/a, and one internal coordinate) by Newton steps on the stress."""
import math
from dataclasses import dataclass

import numpy as np

from electrons import GroundState, ground_state, set_moments
from volumes import start_bulk_modulus

FORCE_CONSTANT = 22.0  # eV/Angstrom^2, of the free internal coordinates
NO_MOMENT = 0.05       # muB an atom: below it the crystal is taken as non-magnetic


@dataclass
class Step:
    ground: GroundState
    log_volume: float
    """ln(V0/V): how far the equilibrium volume seems to be"""
    uniaxial: float
    """the strain along z, at constant volume, that the stress asks for"""
    force: float
    """largest |F_z| of a free coordinate in eV/Angstrom, else 0"""
    accepted: bool


def relaxation(atoms, settings, uniaxial=False, free=False, txt=None):
    """A generator of self-consistent steps; `atoms` moves between them. It ends with the accepted step, or after
    settings['most_scf']."""
    magnetic = set_moments(atoms)
    bulk = _first_bulk_modulus(atoms, settings)
    ground = earlier = None
    for count in range(1, settings['most_scf'] + 1):
        ground = ground_state(atoms, settings, magnetic, txt, ground)
        here = ground.volume, ground.pressure
        if earlier:
            bulk = _bulk_modulus(earlier, here, bulk)
        earlier = here
        forces = ground.forces()[:, 2] if free else np.zeros(len(atoms))
        step = _step(ground, bulk, uniaxial, float(abs(forces).max()), settings['accept'])
        yield step
        if step.accepted or count == settings['most_scf']:
            return
        _move(atoms, step, forces)
        if magnetic:
            magnetic = abs(ground.moment) >= NO_MOMENT * len(atoms)
            atoms.set_initial_magnetic_moments(ground.calc.results['magmoms'] if magnetic else None)


def _step(ground, bulk, uniaxial, force, accept):
    """Murnaghan's equation with B' = 4: ln(V0/V) = ln(1 + 4P/B) / 4."""
    pressure = ground.pressure
    log_volume = float(np.clip(math.log(max(1 + 4 * pressure / bulk, 0.3)) / 4, -0.25, 0.25))
    deviator = ground.stress[2, 2] + pressure
    strain = float(np.clip(-deviator / (1.2 * bulk), -0.03, 0.03)) if uniaxial else 0.0
    accepted = (abs(pressure) < accept['pressure_GPa'] and abs(log_volume) < accept['log_volume']
                and abs(strain) < accept['uniaxial'] and force < accept['force_eV_A'])
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
    shift = np.zeros((len(atoms), 3))
    shift[:, 2] = np.clip(forces / FORCE_CONSTANT, -0.06, 0.06)
    atoms.set_positions(atoms.get_positions() + shift)
    x, z = step.log_volume / 3, step.uniaxial
    atoms.set_cell(atoms.cell.array @ np.diag([1 + x - z / 2, 1 + x - z / 2, 1 + x + z]), scale_atoms=True)
