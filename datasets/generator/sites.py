"""How much of each state belongs to each atom."""
import numpy as np

_overlaps = {}


def sphere_overlap(setup, angular=None):
    """<phi_i|phi_j> [I, I] of a PAW data set's all-electron partial waves inside the sphere of its largest cut-off.
    angular: only the waves of this angular momentum (2: d)."""
    key = setup.symbol, setup.type, angular
    if key not in _overlaps:
        data = setup.data
        r, dr = data.rgd.r_g, data.rgd.dr_g
        inside = r <= max(data.rcut_j)
        l = np.concatenate([[l] * (2 * l + 1) for l in data.l_j])
        m = np.concatenate([np.arange(2 * l + 1) for l in data.l_j])
        wave = np.concatenate([[j] * (2 * l + 1) for j, l in enumerate(data.l_j)])
        radial = np.array([[(a * b * r ** 2 * dr)[inside].sum() for b in data.phi_jg] for a in data.phi_jg])
        same = (l[:, None] == l) & (m[:, None] == m) & (True if angular is None else l == angular)
        _overlaps[key] = np.where(same, radial[np.ix_(wave, wave)], 0.0)
    return _overlaps[key]


def voronoi_weights(atoms, gd, softness=1.0):
    """[N, grid points]: the share of each atom at each point, exp(-d^2/s^2) summed over its images; shares sum to 1."""
    cell = atoms.cell.array
    points = np.stack(np.meshgrid(*[np.arange(n) / n for n in gd.N_c], indexing='ij'), -1).reshape(-1, 3) @ cell
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = max(6.0, 1.5 * atoms.get_volume() ** (1 / 3))
    m = np.minimum(np.ceil(reach / heights).astype(int), 4)
    shifts = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in m], indexing='ij'), -1).reshape(-1, 3) @ cell
    far = reach + 1.2 * np.linalg.norm(cell, axis=1).max()
    log_shares = []
    for position in atoms.get_positions():
        images = position + shifts
        images = images[np.linalg.norm(images - cell.sum(0) / 2, axis=1) < far]
        squares = (points ** 2).sum(1)[:, None] + (images ** 2).sum(1) - 2 * points @ images.T
        nearest = squares.min(1)
        log_shares.append(np.log(np.exp(-(squares - nearest[:, None]) / softness ** 2).sum(1)) - nearest / softness ** 2)
    log_shares = np.array(log_shares)
    shares = np.exp(log_shares - log_shares.max(0))
    return shares / shares.sum(0)


def state_weights(bands, atoms, angular=None):
    """(sphere, voronoi), each [S, K, B, N], averaged over symmetry-equivalent atoms, since only the irreducible k-points
    are there.

    sphere: sum_ij conj(P_i) O_ij P_j, the all-electron charge of the state inside the atom's augmentation sphere (of one
    angular momentum, if asked for);
    voronoi: an exact partition, whose sum over atoms is 1."""
    calc = bands.calc
    shares = voronoi_weights(atoms, calc.wfs.pd.gd)
    count = len(atoms)
    sphere = np.zeros(bands.energies.shape + (count,))
    voronoi = np.zeros_like(sphere)
    for s, row in enumerate(bands.kpoints()):
        for k, kpt in enumerate(row):
            voronoi[s, k] = _smooth_parts(calc.wfs.pd, kpt, shares)
            for a, projections in kpt.projections.items():
                setup = calc.setups[a]
                sphere[s, k, :, a] = _quadratic(projections, sphere_overlap(setup, angular))
                voronoi[s, k, :, a] += _quadratic(projections, setup.dO_ii)
    average = np.zeros((count, count))
    for permutation in calc.wfs.kd.symmetry.a_sa:
        average[np.arange(count), permutation] += 1 / len(calc.wfs.kd.symmetry.a_sa)
    return sphere @ average.T, voronoi @ average.T


def _smooth_parts(pd, kpt, shares):
    """[B, N]: the pseudo charge of each state times each atom's share."""
    charge = np.array([abs(pd.ifft(wave, kpt.q)).ravel() ** 2 for wave in kpt.psit_nG])
    return charge @ shares.T * pd.gd.dv


def _quadratic(projections, matrix):
    return ((projections @ matrix) * projections.conj()).sum(axis=1).real
