"""Computes crystals that it is asked for: a line of JSON in, a line of JSON out, until the input ends.

question: {id, cell, positions, atomic_numbers, relax: "none" | "volume" | "cell-and-positions"}, Angstrom
answer:   {id, result: the keys of a record}  or  {id, error: {reason, message}}"""
import re

from answering import failure, serve  # first: it keeps what is printed away from the answers

import quick_gpaw  # before anything else of GPAW
import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.constraints import ExpCellFilter
from ase.optimize import BFGS
from gpaw import KohnShamConvergenceError

from crystal_record import make_record
from electrons import GPA, SETTINGS, Problem, ground_state, recipe, set_moments
from relaxation import relaxation

RECIPE = 2
LARGEST_FORCE = 0.05
"""eV/Angstrom at which a relaxation of cell and positions ends (stress times volume counts as a force)"""
MOST_STEPS = 60


class AtOurSettings(Calculator):
    """Energy, forces and stress of the data set's recipe for ASE's optimisers; each step starts from the one before."""
    implemented_properties = ['energy', 'forces', 'stress']

    def __init__(self, settings, magnetic):
        super().__init__()
        self.settings, self.magnetic, self.ground = settings, magnetic, None

    def calculate(self, atoms=None, properties=('energy',), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.ground = ground_state(self.atoms, self.settings, self.magnetic, None, self.ground)
        s = self.ground.stress * GPA
        self.results = dict(energy=self.ground.energy, forces=self.ground.forces(),
                            stress=np.array([s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]]))


def compute(question):
    """The record of one crystal."""
    settings = recipe(RECIPE)
    atoms = Atoms(question['atomic_numbers'], cell=question['cell'], positions=question['positions'], pbc=True)
    ground = towards_equilibrium[question.get('relax', 'none')](atoms, settings)
    force = float(abs(ground.forces()).max())
    return dict(recipe=RECIPE, **make_record(ground, atoms, settings, force))


def as_it_is(atoms, settings):
    return ground_state(atoms, settings, set_moments(atoms))


def at_zero_pressure(atoms, settings):
    for step in relaxation(atoms, settings):
        pass
    if abs(step.ground.pressure) > SETTINGS['pressure_reject_GPa']:
        raise Problem('not-relaxed', f'{step.ground.pressure:.1f} GPa are left after {settings["most_scf"]} volumes')
    return step.ground


def at_rest(atoms, settings):
    """Cell and positions by BFGS with the cell's strain among the coordinates (Tadmor et al., Phys. Rev. B 59 (1999) 235)."""
    calculator = AtOurSettings(settings, set_moments(atoms))
    atoms.calc = calculator
    if not BFGS(ExpCellFilter(atoms), logfile=None, maxstep=0.1).run(fmax=LARGEST_FORCE, steps=MOST_STEPS):
        raise Problem('not-relaxed', f'forces above {LARGEST_FORCE} eV/A are left after {MOST_STEPS} steps')
    atoms.calc = None
    return calculator.ground


towards_equilibrium = {'none': as_it_is, 'volume': at_zero_pressure, 'cell-and-positions': at_rest}


def answer(question):
    try:
        return dict(result=compute(question))
    except Problem as error:
        return failure(error.reason, error)
    except KohnShamConvergenceError:
        return failure('not-converged', f'no self-consistency after {SETTINGS["maxiter"]} iterations')
    except MemoryError:
        return failure('out-of-memory', 'not enough memory')
    except FileNotFoundError as error:
        missing = re.search(r'PAW dataset file "(\w+)\.', str(error))
        return failure('no-setup', f'GPAW has no PAW data set for {missing[1]}') if missing else failure('error', error)
    except Exception as error:  # one crystal must not end the process
        return failure('error', f'{type(error).__name__}: {error}')


if __name__ == '__main__':
    serve(answer)
