"""GPAW's exchange and correlation inside the PAW spheres, for all 50 directions at once, and its radial splines for many
points at once: the same numbers to rounding in a small part of the time."""
import functools
from math import pi

import gpaw.atom.radialgd
import gpaw.pw.lfc
import gpaw.setup
import gpaw.spline
import gpaw.xc.gga
import numpy as np
from gpaw.sphere.lebedev import Y_nL, weight_n
from gpaw.xc.pawcorrection import rnablaY_nLv
from scipy.interpolate import CubicSpline


class RadialExpansion:
    """In place of gpaw.xc.gga.GGARadialExpansion, whose loop over directions this writes as array operations."""

    def __init__(self, calculator):
        self.kernel = calculator.kernel

    def __call__(self, rgd, D_sLq, n_qg, nc0_sg):
        n_sLg = np.dot(D_sLq, n_qg)
        n_sLg[:, 0] += nc0_sg
        spins, count = n_sLg.shape[:2]
        y, nabla = Y_nL[:, :count], rnablaY_nLv[:, :count]
        n_sng = y @ n_sLg
        a_sng = y @ _derivative(n_sLg, rgd.dr_g)
        b_svng = np.einsum('nLv,sLg->svng', nabla, n_sLg, optimize=True)
        dedn_sng, dedsigma_xng, e_ng = self._kernel(rgd, n_sng, a_sng, b_svng)
        dedn_sng += _gradient_correction(rgd, dedsigma_xng, a_sng)
        b_svng = _across(dedsigma_xng * rgd.dr_g, b_svng)
        d_sqL = np.einsum('n,sng,nL,qg->sqL', weight_n, dedn_sng * rgd.dv_g, y, n_qg, optimize=True)
        d_sqL += 8 * pi * np.einsum('n,svng,nLv,qg->sqL', weight_n, b_svng, nabla, n_qg, optimize=True)
        return float(weight_n @ np.array([rgd.integrate(e_g) for e_g in e_ng])), d_sqL

    def _kernel(self, rgd, n_sng, a_sng, b_svng):
        spins = len(n_sng)
        pairs = [(0, 0)] if spins == 1 else [(0, 0), (0, 1), (1, 1)]
        sigma_xng = np.array([(b_svng[s] * b_svng[t]).sum(0) for s, t in pairs])
        sigma_xng[..., 1:] /= rgd.r_g[1:] ** 2
        sigma_xng[..., 0] = sigma_xng[..., 1]
        sigma_xng += np.array([a_sng[s] * a_sng[t] for s, t in pairs])
        e_ng = np.empty(n_sng.shape[1:])
        dedn_sng, dedsigma_xng = np.zeros_like(n_sng), np.zeros_like(sigma_xng)
        flat = (lambda x: x.reshape(len(x), -1))
        self.kernel.calculate(e_ng.ravel(), flat(n_sng), flat(dedn_sng), flat(sigma_xng), flat(dedsigma_xng))
        return dedn_sng, dedsigma_xng, e_ng


def _derivative(f, dr):
    """EquidistantRadialGridDescriptor.derivative along the last axis."""
    d = np.empty_like(f)
    d[..., 0] = f[..., 1] - f[..., 0]
    d[..., 1:-1] = 0.5 * (f[..., 2:] - f[..., :-2])
    d[..., -1] = f[..., -1] - f[..., -2]
    return d / dr


def _derivative2(f, dr):
    """RadialGridDescriptor.derivative2 along the last axis."""
    c = f / dr
    d = np.empty_like(c)
    d[..., 0] = 0.5 * c[..., 1] + c[..., 0]
    d[..., 1] = 0.5 * c[..., 2] - c[..., 0]
    d[..., 1:-1] = 0.5 * (c[..., 2:] - c[..., :-2])
    d[..., -2] = c[..., -1] - 0.5 * c[..., -3]
    d[..., -1] = -c[..., -1] - 0.5 * c[..., -2]
    return d


def _gradient_correction(rgd, dedsigma_xng, a_sng):
    """gpaw.xc.gga.add_radial_gradient_correction"""
    v = _derivative2(-2 * rgd.dv_g * dedsigma_xng[::2] * a_sng, rgd.dr_g)
    if len(a_sng) == 2:
        v -= _derivative2(rgd.dv_g * dedsigma_xng[1] * a_sng[::-1], rgd.dr_g)
    v[..., 1:] /= rgd.dv_g[1:]
    v[..., 0] = v[..., 1]
    return v


def _across(dedsigma_xng, b_svng):
    scaled = dedsigma_xng[::2, None] * b_svng
    if len(b_svng) == 2:
        scaled += 0.5 * dedsigma_xng[1] * b_svng[::-1]
    return scaled


class Spline(gpaw.spline.Spline):
    """Remembers its values, so that many points can be evaluated at once: a cubic spline, level at both ends."""

    def __init__(self, l, rmax, f_g):
        super().__init__(l, rmax, f_g)
        self._values = np.append(np.asarray(f_g, float)[:-1], 0.0), float(rmax)
        self._curve = None

    def map(self, r_x):
        if self._curve is None:
            values, end = self._values
            self._curve = CubicSpline(np.linspace(0, end, len(values)), values, bc_type='clamped')
        r_x = np.asarray(r_x, float)
        return np.where(r_x < self._values[1], self._curve(np.minimum(r_x, self._values[1])), 0.0)


def install():
    gpaw.xc.gga.GGARadialExpansion = RadialExpansion
    gpaw.spline.Spline = gpaw.pw.lfc.Spline = gpaw.setup.Spline = gpaw.atom.radialgd.Spline = Spline
    gpaw.pw.lfc.ft = functools.lru_cache(maxsize=None)(gpaw.pw.lfc.ft)
