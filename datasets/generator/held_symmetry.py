"""Holds a crystal's space group through a relaxation: forces and stress are averaged over its operations (ASE's routines)."""
import numpy as np
from ase.spacegroup.symmetrize import prep_symmetry, symmetrize_rank1, symmetrize_rank2


class HeldSymmetry:
    """The operations that a crystal has now, at `tolerance` Angstrom."""

    def __init__(self, atoms, tolerance=1e-3):
        self.rotations, self.translations, self.images = prep_symmetry(atoms, tolerance)

    def of_vectors(self, atoms, vectors):
        """[N, 3] Cartesian vectors on the atoms, averaged."""
        lattice = atoms.cell.array
        return symmetrize_rank1(lattice, np.linalg.inv(lattice), vectors, self.rotations, self.translations, self.images)

    def of_tensor(self, atoms, tensor):
        """A Cartesian [3, 3] tensor, averaged."""
        lattice = atoms.cell.array
        return symmetrize_rank2(lattice, np.linalg.inv(lattice), tensor, self.rotations)
