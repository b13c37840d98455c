"""GPAW made quick for many small crystals, without an effect on results beyond their tolerances: PAW data sets are read
once, FFTs are not tuned, and small Hamiltonians are diagonalised densely. Import this before GPAW and numpy: it keeps
their linear algebra to one thread."""
import os
os.environ.setdefault('OMP_NUM_THREADS', '1')
if os.path.exists('/proc/cpuinfo'):
    with open('/proc/cpuinfo') as _cpu:
        if 'avx512f' in _cpu.read():  # OpenBLAS of Debian 12 takes newer AMD processors for older ones: half the speed
            os.environ.setdefault('OPENBLAS_CORETYPE', 'SkylakeX')
import ctypes
import math

import gpaw.fftw
import gpaw.setup
import numpy as np
import scipy.linalg
from gpaw.eigensolvers.davidson import Davidson
from gpaw.eigensolvers.direct import DirectPW
from gpaw.utilities import unpack
from gpaw.wavefunctions.fdpw import FDPWWaveFunctions

import quick_xc

SINGLE_PRECISION_ABOVE = 330
"""Plane waves from which on the dense diagonalisation is in single precision: an error of about 1 meV for half the time."""


class Dense(DirectPW):
    """Dense diagonalisation of the plane-wave PAW Hamiltonian for the lowest bands.

    once: at a fixed density one diagonalisation of each k-point is exact, and single precision is enough; later visits
    return at once."""

    def __init__(self, once=False):
        super().__init__()
        self.once = once
        self.done = set()
        self.real = None

    def iterate_one_k_point(self, ham, wfs, kpt, weights):
        if self.once and (kpt.k, kpt.s) in self.done:
            return 0.0
        self.done.add((kpt.k, kpt.s))
        energies, vectors = self._solve(ham, wfs, kpt)
        kpt.eps_n[:] = energies
        kpt.psit_nG[:] = vectors.T / math.sqrt(wfs.pd.gd.dv / wfs.pd.tmp_R.size)
        wfs.pt.integrate(kpt.psit_nG, kpt.P_ani, kpt.q)
        return 0.0

    def _solve(self, ham, wfs, kpt):
        """The lowest solutions of (H0 + F dH F+) x = e (1 + F dS F+) x, where F [G, I] are the projectors.

        The overlap differs from 1 in the space of the projectors alone. There S^-1/2 = 1 + W d W+ with orthonormal W, and
        with it the problem becomes an ordinary one, H0 + A W+ + W A+, for which LAPACK needs two thirds of the time."""
        pd = wfs.pd
        points = pd.tmp_R.size
        volume_element = pd.gd.dv / points
        table = self._potential(ham, pd, kpt) / volume_element
        projectors = wfs.pt.expand(kpt.q) / (points * math.sqrt(volume_element))
        d_h = _block_diagonal(wfs, lambda a: unpack(ham.dH_asp[a][kpt.s]))
        d_s = _block_diagonal(wfs, lambda a: wfs.setups[a].dO_ii)
        if self.real:  # then F d F+ is the same as Re F d Re F^T + Im F d Im F^T
            projectors = np.hstack([projectors.real, projectors.imag])
            d_h, d_s = (scipy.linalg.block_diag(d, d) for d in (d_h, d_s))
        w, eigenvalues, turned = _orthonormal(projectors, d_s)
        root = 1 / np.sqrt(1 + eigenvalues)
        d = root - 1
        if self.once or len(w) > SINGLE_PRECISION_ABOVE:
            table, w = (x.astype(np.complex64 if np.iscomplexobj(x) else np.float32) for x in (table, w))
            d = d.astype(np.float32)
        h = _between_plane_waves(table, pd, kpt)
        h.ravel()[::len(h) + 1] += 0.5 * pd.G2_qG[kpt.q]
        h0_w = h @ w
        middle = d[:, None] * (w.conj().T @ h0_w) * d + root[:, None] * (turned.conj().T @ d_h @ turned) * root
        a = h0_w * d + w @ (0.5 * middle).astype(w.dtype)
        # Fortran's view of h is its transpose, the conjugate: one triangle of it is enough
        update = scipy.linalg.get_blas_funcs('her2k' if np.iscomplexobj(h) else 'syr2k', (h,))
        h = update(1.0, a.conj(), w.conj(), beta=1.0, c=h.T, lower=1, overwrite_c=1)
        energies, vectors = scipy.linalg.eigh(h, lower=True, subset_by_index=[0, wfs.bd.nbands - 1], driver='evr',
                                              overwrite_a=True, check_finite=False)
        vectors = vectors.conj()
        return energies, vectors + w @ (d[:, None] * (w.conj().T @ vectors))

    def _potential(self, ham, pd, kpt):
        """The Fourier components of the local potential, on GPAW's grid; real ones if all are."""
        potential = np.fft.fftn(ham.vt_sG[kpt.s]) * (pd.gd.dv / pd.tmp_R.size ** 2)
        if self.real is None:
            self.real = bool(abs(potential.imag).max() < 1e-9 * abs(potential).max())
        return potential.real if self.real else potential


def _between_plane_waves(potential, pd, kpt):
    """[G, G'] of a local potential: its component at G - G'."""
    size = pd.gd.N_c
    g = np.array(np.unravel_index(pd.Q_qG[kpt.q], pd.tmp_Q.shape)).T
    g = np.where(g > size // 2, g - size, g)
    lowest = g.min(0)
    span = g.max(0) - lowest
    differences = np.ix_(*[np.arange(-m, m + 1) % n for m, n in zip(span, size)])
    table = np.ascontiguousarray(potential[differences]).ravel()
    d = 2 * span + 1
    index = (((g - lowest)[:, 0] * d[1] + (g - lowest)[:, 1]) * d[2] + (g - lowest)[:, 2]).astype(np.int32)
    origin = (span[0] * d[1] + span[1]) * d[2] + span[2]
    return table.take((index[:, None] + np.int32(origin)) - index)


class DenseThenDavidson(Davidson):
    """The first visit of a k-point diagonalises densely, later ones take Davidson steps."""

    def __init__(self, steps):
        super().__init__(niter=steps)
        self.dense = Dense()
        self.seen = set()

    def iterate_one_k_point(self, ham, wfs, kpt, weights):
        if (kpt.k, kpt.s) in self.seen:
            return super().iterate_one_k_point(ham, wfs, kpt, weights)
        self.seen.add((kpt.k, kpt.s))
        self.dense.iterate_one_k_point(ham, wfs, kpt, weights)
        return 1.0


def _orthonormal(f, d_s):
    """(W, e, T) with F = W T+ and F dS F+ = W diag(e) W+, W [G, J] orthonormal; F may have dependent columns."""
    squares, axes = scipy.linalg.eigh(f.conj().T @ f)
    kept = squares > 1e-9 * squares[-1]
    lengths, axes = np.sqrt(squares[kept]), axes[:, kept]
    factor = axes * lengths
    eigenvalues, rotation = scipy.linalg.eigh(factor.conj().T @ d_s @ factor)
    return f @ (axes / lengths @ rotation), eigenvalues, factor @ rotation


def _block_diagonal(wfs, matrix_of_atom):
    return scipy.linalg.block_diag(*[matrix_of_atom(a) for a in wfs.pt.my_atom_indices])


def plane_waves(volume, ecut):
    """About how many plane waves a cell of volume (Angstrom^3) has below ecut (eV)."""
    return volume / 0.529177 ** 3 * (2 * ecut / 27.2114) ** 1.5 / (6 * math.pi ** 2)


def has_inversion(atoms):
    """Whether inversion through the origin maps the crystal onto itself: its Hamiltonian is then a real matrix."""
    positions, numbers = atoms.get_scaled_positions(wrap=False), atoms.get_atomic_numbers()
    sums = positions[:, None] + positions[None, :]
    same = (abs(sums - np.round(sums)).max(axis=2) < 1e-6) & (numbers[:, None] == numbers[None, :])
    return bool(same.any(axis=1).all())


def eigensolver(atoms, ecut, steps):
    """The solver for a crystal's self-consistency. steps: Davidson's, at each visit of a k-point."""
    dense_pays = plane_waves(atoms.get_volume(), ecut) < (330 if has_inversion(atoms) else 180)
    return Dense() if dense_pays else DenseThenDavidson(steps)


_create_setup = gpaw.setup.create_setup
_setups = {}


def _remembered_setup(symbol, xc='LDA', lmax=0, type='paw', basis=None, setupdata=None, filter=None, world=None):
    if setupdata is not None or basis is not None or filter is not None:
        return _create_setup(symbol, xc, lmax, type, basis, setupdata, filter, world)
    key = symbol, type, lmax, getattr(xc, 'name', xc)
    if key not in _setups:
        _setups[key] = _create_setup(symbol, xc, lmax, type, basis, setupdata, filter, world)
    return _setups[key]


def _start_from_previous(wfs, basis_functions, density, hamiltonian, spos_ac):
    """Instead of a start from atomic orbitals (slow): random numbers, for the dense step that follows, or the waves of an
    earlier calculation of nearly the same cell, wfs.previous, coefficient by coefficient."""
    wfs.random_wave_functions(0)
    previous = getattr(wfs, 'previous', None)
    if previous is not None:
        for new, old in zip(wfs.kpt_u, previous.kpt_u):
            box = np.zeros((wfs.bd.nbands, wfs.pd.tmp_Q.size), complex)
            box[:, previous.pd.Q_qG[old.q]] = old.psit_nG
            new.psit_nG[:] = box[:, wfs.pd.Q_qG[new.q]]
    return 0


def _keep_freed_memory():
    """glibc gives large freed blocks back to the system and asks for them again, page by page: a third of all time."""
    trim_threshold, mmap_threshold = -1, -3
    try:
        libc = ctypes.CDLL('libc.so.6')
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, 1 << 30)
    except OSError:  # another C library
        pass


_keep_freed_memory()
quick_xc.install()
gpaw.setup.create_setup = _remembered_setup
gpaw.fftw.MEASURE = gpaw.fftw.ESTIMATE
FDPWWaveFunctions.initialize_wave_functions_from_basis_functions = _start_from_previous
