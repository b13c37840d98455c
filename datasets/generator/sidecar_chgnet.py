"""Relaxes crystals with CHGNet (Deng et al., Nat. Mach. Intell. 5 (2023) 1031), a potential trained on PBE(+U) relaxations:
cell and positions towards a minimum of its energy. A line of JSON in, a line of JSON out, until the input ends.

question: {id, cell, positions, atomic_numbers}, Angstrom
answer:   {id, result: {cell, positions, atomic_numbers, energy_per_atom_eV, steps}}  or  {id, error: {reason, message}}

The energy is the potential's own, with the corrections of the Materials Project: not to be compared with those of the records."""
from answering import failure, serve  # first: it keeps what is printed away from the answers

import torch
from ase import Atoms
from ase.constraints import FixSymmetry
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from chgnet.model.dynamics import CHGNetCalculator

LARGEST_FORCE = 0.05
"""eV/Angstrom at which a relaxation ends (stress times volume counts as a force)"""
MOST_STEPS = 500

torch.set_num_threads(1)
calculator = CHGNetCalculator(use_device='cpu', verbose=False)


def relax(question):
    atoms = Atoms(question['atomic_numbers'], cell=question['cell'], positions=question['positions'], pbc=True)
    atoms.calc = calculator
    atoms.set_constraint(FixSymmetry(atoms, symprec=0.01))
    optimiser = FIRE(FrechetCellFilter(atoms), logfile=None)
    if not optimiser.run(fmax=LARGEST_FORCE, steps=MOST_STEPS):
        return failure('not-relaxed', f'forces above {LARGEST_FORCE} eV/A are left after {MOST_STEPS} steps')
    return dict(result=dict(cell=atoms.cell.array.tolist(), positions=atoms.get_positions().tolist(),
                            atomic_numbers=atoms.get_atomic_numbers().tolist(),
                            energy_per_atom_eV=float(atoms.get_potential_energy()) / len(atoms),
                            steps=optimiser.get_number_of_steps()))


def answer(question):
    try:
        return relax(question)
    except Exception as error:  # one crystal must not end the process
        return failure('error', f'{type(error).__name__}: {error}')


if __name__ == '__main__':
    serve(answer)
