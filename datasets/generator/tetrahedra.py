"""Densities of states by the linear tetrahedron method, with a weight for every state and site.

Between four neighbouring k-points a band's energy and its weights are linear, so how much of a tetrahedron lies below an
energy is known in closed form: Bloechl, Jepsen and Andersen, Phys. Rev. B 49, 16223 (1994), equations A, B and C, with
their correction for the curvature of the bands (eq. 22). The triangulation of the mesh is GPAW's. Symmetry-equivalent
tetrahedra have the same energies, hence only the distinct ones of the irreducible mesh are integrated.
"""
import numpy as np
from gpaw.tetrahedron import triangulate_everything, triangulate_submesh
from scipy.sparse import coo_matrix


def distinct_tetrahedra(cell, size, bz2ibz):
    """The tetrahedra of a k mesh up to symmetry: corners [T, 4] as irreducible k-points, shares [T] of the zone (sum 1).

    cell: rows are lattice vectors; size: k-points along each axis; bz2ibz: the irreducible point of each mesh point."""
    size = np.asarray(size)
    submesh = triangulate_submesh(np.linalg.inv(cell).T / size[:, None])
    corners = triangulate_everything(size, submesh, np.asarray(bz2ibz)).reshape(-1, 4)
    corners, counts = np.unique(np.sort(corners, axis=1), axis=0, return_counts=True)
    return corners, counts / counts.sum()


def delta_matrix(energies, corners, shares, start, width, bins):
    """A sparse matrix [bins, K * B]: its product with one number for each state, [K * B], is the integral of that number's
    density of states over each of the bins [start + i width, start + (i+1) width] (energies [K, B] in the same unit).

    States outside the bins are left out."""
    count = energies.shape[1]
    corner = np.repeat(corners[:, :, None], count, axis=2)                     # [T, 4, B]
    state = corner * count + np.arange(count)
    e = energies[corner, np.arange(count)].transpose(0, 2, 1).reshape(-1, 4)
    state = state.transpose(0, 2, 1).reshape(-1, 4)
    share = np.repeat(shares, count)
    order = np.argsort(e, axis=1)
    e = (np.take_along_axis(e, order, 1) - start) / width                      # from here on in bins
    state = np.take_along_axis(state, order, 1)
    inside = (e[:, 3] > 0) & (e[:, 0] < bins)
    e, state, share = e[inside], state[inside], share[inside]

    low = np.floor(e[:, 0]).astype(int)
    touched = np.maximum(np.ceil(e[:, 3]).astype(int) - low, 1)
    row = np.repeat(np.arange(len(e)), touched)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(touched) - touched, touched)
    upper = low[row] + nth + 1
    below = _corner_weights_below(e[row], upper.astype(float))                 # at the upper edge of each touched bin
    before = np.where((nth > 0)[:, None], np.roll(below, 1, axis=0), 0.0)
    mass = (below - before) * share[row, None]
    bin_ = upper - 1
    kept = (bin_ >= 0) & (bin_ < bins)
    return coo_matrix((mass[kept].ravel(), (np.repeat(bin_[kept], 4), state[row[kept]].ravel())),
                      shape=(bins, energies.size))


def _corner_weights_below(e, x):
    """Integration weights [R, 4] of the corners of tetrahedra with ascending corner energies e [R, 4], filled up to x [R]."""
    weights = np.full(e.shape, 0.25)
    weights[x <= e[:, 0]] = 0.0
    shifted = e - x[:, None]
    for found, formula in (((x > e[:, 0]) & (x <= e[:, 1]), _first), ((x > e[:, 1]) & (x <= e[:, 2]), _second),
                           ((x > e[:, 2]) & (x < e[:, 3]), _third)):
        s = shifted[found]
        linear, density = formula(*s.T)
        weights[found] = linear.T + density[:, None] * (s.sum(1)[:, None] - 4 * s) / 40
    return weights


def _first(a, b, c, d):
    """x between the first and the second corner; a..d are the corner energies less x. Weights [4, R] and density [R]."""
    cube = -a ** 3 / ((b - a) * (c - a) * (d - a))
    w2, w3, w4 = (-cube * a / (4 * (q - a)) for q in (b, c, d))
    return np.array([cube - w2 - w3 - w4, w2, w3, w4]), 3 * a ** 2 / ((b - a) * (c - a) * (d - a))


def _second(a, b, c, d):
    c1 = 0.25 * a ** 2 / ((d - a) * (c - a))
    c2 = 0.25 * a * b * c / ((d - a) * (c - b) * (c - a))
    c3 = 0.25 * b ** 2 * d / ((d - b) * (c - b) * (d - a))
    density = (3 * (b - a) - 6 * b - 3 * (c - a + d - b) * b ** 2 / ((c - b) * (d - b))) / ((c - a) * (d - a))
    return np.array([c1 + (c1 + c2) * c / (c - a) + (c1 + c2 + c3) * d / (d - a),
                     c1 + c2 + c3 + (c2 + c3) * c / (c - b) + c3 * d / (d - b),
                     (c1 + c2) * a / (a - c) - (c2 + c3) * b / (c - b),
                     (c1 + c2 + c3) * a / (a - d) + c3 * b / (b - d)]), density


def _third(a, b, c, d):
    cube = d ** 3 / ((d - a) * (d - b) * (d - c))
    w1, w2, w3 = (0.25 - 0.25 * cube * d / (d - q) for q in (a, b, c))
    return np.array([w1, w2, w3, 1 - cube - w1 - w2 - w3]), 3 * d ** 2 / ((d - a) * (d - b) * (d - c))
