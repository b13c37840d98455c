"""From states and their weights to broadened densities of states on the standard grid."""
import math
from dataclasses import dataclass

import numpy as np
from ase.dft.kpoints import monkhorst_pack
from gpaw.kpt_descriptor import KPointDescriptor
from scipy.interpolate import CubicSpline

from electrons import SETTINGS, fermi_function, fermi_level, gap
from tetrahedra import delta_matrix, distinct_tetrahedra

GRID = np.linspace(-10, 10, 400)
"""eV from the zero of the spectrum"""
SIGMA = SETTINGS['gaussian_sigma_eV']
WIDTH = SETTINGS['fermi_dirac_eV']
BIN = 0.05
"""eV: tetrahedra are summed in bins; the variance that a bin adds, BIN^2/12, is taken from the broadening"""


@dataclass
class Spectra:
    zero: float
    """eV on the calculator's scale: valence-band maximum if there is a gap, else the Fermi level"""
    fermi: float
    gap: float
    site: np.ndarray
    """[N, 400] states/eV/atom, both spins"""
    voronoi: np.ndarray
    total: np.ndarray
    captured: float
    """share of the occupied electrons that the spheres hold"""


def gaussian_spectra(bands, sphere, voronoi):
    """Each state a Gaussian: the first recipe."""
    shape = bands.energies.shape
    energies = bands.energies.ravel()
    weights = (np.broadcast_to(bands.k_weights[None, :, None], shape) * bands.spin_weight).ravel()
    fermi = fermi_level(energies, weights, bands.electrons, WIDTH)
    return _spectra(bands, fermi, energies, weights, SIGMA, sphere.reshape(len(energies), -1) * weights[:, None],
                    voronoi.reshape(len(energies), -1) * weights[:, None])


def tetrahedron_spectra(bands, sphere, voronoi, cell):
    """Energies and weights on a mesh of twice the size by cubic splines, then linear tetrahedra: the second recipe."""
    size = 2 * bands.size
    fine, to_fine = finer_mesh(bands)
    energies = _interpolate(to_fine, bands.energies)
    start = energies.min() - BIN
    count = math.ceil((energies.max() - start) / BIN) + 1
    corners, shares = distinct_tetrahedra(cell, size, fine.bz2ibz_k)
    total, parts = np.zeros(count), [0, 0]
    for s, channel in enumerate(energies):
        delta = delta_matrix(channel, corners, shares, start, BIN, count) * bands.spin_weight
        total += np.asarray(delta.sum(axis=1)).ravel()
        for i, weights in enumerate((sphere, voronoi)):
            fine_weights = _interpolate(to_fine, weights[s:s + 1])[0]
            parts[i] = parts[i] + delta @ fine_weights.reshape(channel.size, -1)
    centres = start + BIN * (np.arange(count) + 0.5)
    fermi = fermi_level(centres, total, bands.electrons, WIDTH)
    return _spectra(bands, fermi, centres, total, math.sqrt(SIGMA ** 2 - BIN ** 2 / 12), *parts)


def band_energy(bands):
    """eV a cell: the sum of the occupied energies on the finer mesh, extrapolated to zero width as GPAW does."""
    fine, to_fine = finer_mesh(bands)
    energies = _interpolate(to_fine, bands.energies)
    return occupied_energy(energies, fine.weight_k, bands.electrons)


def occupied_energy(energies, k_weights, electrons):
    """The same for any energies [S, K, B] with weights [K] of sum 1."""
    weights = np.broadcast_to(k_weights[None, :, None] * 2 / len(energies), energies.shape)
    filled = fermi_function(energies, fermi_level(energies, weights, electrons, WIDTH), WIDTH)
    partly = np.clip(filled, 1e-300, 1 - 1e-16)
    entropy = -(partly * np.log(partly) + (1 - partly) * np.log1p(-partly))
    return float((weights * (filled * energies - 0.5 * WIDTH * entropy)).sum())


def finer_mesh(bands):
    """The irreducible k-points of the Gamma-centred mesh of twice the size (GPAW's descriptor), and the matrix [fine K, K]
    that takes a symmetric function from the mesh's irreducible points to them: periodic cubic splines along the axes."""
    kd = bands.calc.wfs.kd
    fine = KPointDescriptor(_gamma_mesh(2 * bands.size), 1)
    fine.set_symmetry(bands.calc.atoms, kd.symmetry)
    at = (fine.ibzk_kc - kd.bzk_kc[0]) * bands.size
    along = [_cardinal_splines(n, at[:, c]) for c, n in enumerate(bands.size)]
    full = np.einsum('ki,kj,kl->kijl', *along).reshape(len(at), -1)
    to_irreducible = np.zeros((len(kd.bz2ibz_k), kd.nibzkpts))
    to_irreducible[np.arange(len(kd.bz2ibz_k)), kd.bz2ibz_k] = 1
    return fine, full @ to_irreducible


def _gamma_mesh(size):
    size = np.asarray(size)
    return monkhorst_pack(size) + np.where(size % 2 == 0, 0.5 / size, 0)


def _cardinal_splines(n, at):
    """[points, n]: a function's values at positions `at` from its values at 0..n-1, period n."""
    if n == 1:
        return np.ones((len(at), 1))
    values = np.vstack([np.eye(n), np.eye(n)[:1]])
    return CubicSpline(np.arange(n + 1), values, bc_type='periodic')(at % n)


def _interpolate(to_fine, values):
    """values [S, K, ...] on the coarse mesh's irreducible points to those of the fine one."""
    flat = values.reshape(values.shape[0], values.shape[1], -1)
    return (to_fine @ flat).reshape((values.shape[0], len(to_fine)) + values.shape[2:])


def _spectra(bands, fermi, energies, weights, sigma, sphere, voronoi):
    """energies [E] and electrons there: weights [E] in all, sphere and voronoi [E, N] by atom."""
    width, zero = gap(bands.energies, fermi)
    gaussians = np.exp(-0.5 * ((GRID[:, None] - (energies - zero)) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    filled = fermi_function(energies, fermi, WIDTH)
    return Spectra(zero, fermi, width, (gaussians @ sphere).T, (gaussians @ voronoi).T, gaussians @ weights,
                   float((filled @ sphere).sum() / (filled @ weights)))
