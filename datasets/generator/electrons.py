"""The self-consistent density of a crystal, and its bands on a denser mesh. Energies in eV, lengths in Angstrom."""
import quick_gpaw  # first: it makes GPAW quick

import json
import math
import os
import warnings
from dataclasses import dataclass

import numpy as np
from gpaw import GPAW, PW, FermiDirac
from gpaw.forces import calculate_forces
from gpaw.stress import calculate_stress
from gpaw.utilities.gpts import get_number_of_grid_points

BOHR = 0.5291772
HARTREE = 27.211386
GPA = 0.006241509074460763  # eV/Angstrom^3
HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, 'settings.json')) as file:
    SETTINGS = json.load(file)
"""What both recipes share, and under "recipes" the settings of each."""
with open(os.path.join(HERE, 'pulay.json')) as file:
    PULAY = json.load(file)
MOMENTS = SETTINGS['spin_polarised_if_contains']
EMPTY_D_BANDS = SETTINGS['empty_d_bands']


class Problem(Exception):
    """A crystal that cannot be computed; `reason` is a short name for why."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason


@dataclass
class GroundState:
    calc: GPAW
    energy: float
    """eV a cell, extrapolated to zero width"""
    stress: np.ndarray
    """[3, 3] in GPa, corrected for the finite basis"""
    magnetic: bool
    volume: float
    grid: tuple
    grid_volume: float

    @property
    def pressure(self):
        return -np.trace(self.stress) / 3

    @property
    def moment(self):
        return float(self.calc.results['magmom']) if self.magnetic else 0.0

    def forces(self):
        """[N, 3] in eV/Angstrom"""
        calc = self.calc
        return calculate_forces(calc.wfs, calc.density, calc.hamiltonian, calc.log) * HARTREE / BOHR


def recipe(name):
    """The settings of recipe 1 or 2, or of 'converged', against which their errors are measured."""
    return SETTINGS['recipes'][str(name)]


def cutoff(symbols, settings):
    """The plane-wave cut-off in eV: a harder one where an element of `hard` is in the crystal."""
    ecut = settings['ecut_eV']
    return ecut['hard'] if set(symbols) & set(settings['hard']) else ecut['default']


def set_moments(atoms):
    """Gives the atoms their first moments. Whether the crystal is computed spin-polarised."""
    symbols = atoms.get_chemical_symbols()
    magnetic = any(s in MOMENTS for s in symbols)
    if magnetic:
        atoms.set_initial_magnetic_moments([MOMENTS.get(s, 0.0) for s in symbols])
    return magnetic


def ground_state(atoms, settings, magnetic, txt=None, previous=None):
    """One self-consistent calculation; it starts from the density and waves of a previous one of about the same cell."""
    if previous and (previous.magnetic != magnetic or abs(math.log(atoms.get_volume() / previous.grid_volume)) > 0.22):
        previous = None
    symbols = atoms.get_chemical_symbols()
    ecut = cutoff(symbols, settings)
    mode = PW(ecut)
    grid = previous.grid if previous else tuple(get_number_of_grid_points(atoms.cell.array / BOHR, mode=mode))
    solver = quick_gpaw.eigensolver(atoms, ecut, settings['davidson_steps'])
    # GPAW's own number of bands leaves no empty one in crystals of the alkali and alkaline-earth metals alone
    bands = {'nbands': -5} if set(symbols) <= {'Ca', 'Sr', 'Ba', 'K', 'Rb', 'Cs'} else {}

    def new_calculator(points):
        calc = GPAW(mode=mode, xc='PBE', kpts=dict(settings['kpts_scf']), gpts=points,
                    occupations=FermiDirac(SETTINGS['fermi_dirac_eV']), convergence=dict(settings['convergence']), txt=txt,
                    spinpol=magnetic, maxiter=SETTINGS['maxiter'], eigensolver=solver, **bands,
                    mixer=dict(method='sum' if magnetic else 'separate', beta=0.25, nmaxold=5, weight=50))
        calc.initialize(atoms)
        return calc

    calc = new_calculator(grid)
    symmetry = calc.wfs.kd.symmetry
    if not symmetry.check_grid(np.array(grid)):
        # An operation that mixes axes would map grid points between grid points, and the density would be averaged wrongly.
        with warnings.catch_warnings():  # it says what it does, which is what is wanted
            warnings.simplefilter('ignore')
            grid = tuple(get_number_of_grid_points(atoms.cell.array / BOHR, mode=mode, symmetry=symmetry))
        previous = None
        calc = new_calculator(grid)
    if previous:
        _start_from(calc, previous, atoms, solver)
    calc.calculate(system_changes=[])
    calc.wfs.previous = None
    return GroundState(calc, calc.results['energy'], _stress(calc, atoms, ecut), magnetic, atoms.get_volume(), grid,
                       previous.grid_volume if previous else atoms.get_volume())


def _start_from(calc, previous, atoms, solver):
    old = previous.calc
    calc.density.initialize_from_other_density(old.density, calc.wfs.kptband_comm)
    density = calc.density.nt_sG
    density *= previous.volume / atoms.get_volume()
    same_points = (len(calc.wfs.kpt_u) == len(old.wfs.kpt_u) and calc.wfs.bd.nbands == old.wfs.bd.nbands
                   and np.allclose(calc.wfs.kd.ibzk_kc, old.wfs.kd.ibzk_kc))
    if isinstance(solver, quick_gpaw.DenseThenDavidson) and same_points:
        calc.wfs.previous = old.wfs
        solver.seen = {(kpt.k, kpt.s) for kpt in calc.wfs.kpt_u}


def _stress(calc, atoms, ecut):
    """The plane waves' stress in GPa, with the calibrated pressure that the finite basis lacks: sum_a C_a / V."""
    raw = calculate_stress(calc) * HARTREE / BOHR ** 3 / GPA
    missing = sum(PULAY[s].get(str(int(ecut)), 0.0) for s in atoms.get_chemical_symbols())
    return raw - np.eye(3) * missing / atoms.get_volume()


@dataclass
class Bands:
    """Eigenvalues on a Gamma-centred mesh at a fixed density."""
    calc: GPAW
    energies: np.ndarray
    """[S, K, B] in eV"""
    k_weights: np.ndarray
    size: np.ndarray
    electrons: float

    @property
    def spin_weight(self):
        """Electrons that a full band of one spin channel holds at a k-point."""
        return 2 / len(self.energies)

    def kpoints(self):
        """GPAW's k-point objects as [S][K]."""
        table = [[None] * self.energies.shape[1] for _ in self.energies]
        for kpt in self.calc.wfs.kpt_u:
            table[kpt.s][kpt.k] = kpt
        return table


def bands(ground, atoms, settings, txt=None):
    calc = ground.calc
    electrons = calc.get_number_of_electrons()
    empty_d = sum(EMPTY_D_BANDS.get(s, 0) for s in atoms.get_chemical_symbols())
    count = math.ceil(electrons / 2 + empty_d + 0.018 * atoms.get_volume() / BOHR ** 3) + 4
    fixed = calc.fixed_density(
        kpts=dict(settings['kpts_dos']), nbands=count, txt=txt, random=True,
        eigensolver=quick_gpaw.Dense(once=True),
        convergence={'bands': 'occupied', 'eigenstates': 1.0, 'energy': 1e9, 'density': 1e9})
    kd = fixed.wfs.kd
    energies = np.array([[fixed.get_eigenvalues(kpt=k, spin=s) for k in range(kd.nibzkpts)] for s in range(kd.nspins)])
    return Bands(fixed, energies, kd.weight_k, np.array(kd.N_c), electrons)


def fermi_function(energies, level, width):
    return 1 / (1 + np.exp(np.clip((energies - level) / width, -200, 200)))


def fermi_level(energies, weights, electrons, width):
    """The level up to which states of these energies and weights (electrons that each can hold) hold the electrons."""
    low, high = energies.min() - 1, energies.max() + 1
    for _ in range(80):
        level = 0.5 * (low + high)
        if (weights * fermi_function(energies, level, width)).sum() < electrons:
            low = level
        else:
            high = level
    return level


def gap(energies, level):
    """(gap, valence-band maximum) if every k-point of a spin has as many states below the level, else (0, level)."""
    below = energies <= level
    counts = below.sum(axis=2)
    width = energies[~below].min() - energies[below].max()
    if (counts == counts[:, :1]).all() and width > 0.05:
        return float(width), float(energies[below].max())
    return 0.0, level
