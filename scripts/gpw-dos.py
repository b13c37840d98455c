"""The site-projected DOS of a finished GPAW calculation, as JSON that `dosmith dos` and `dosmith generate --target` read.

    /usr/bin/python3 scripts/gpw-dos.py si.gpw si-dos.json [--sigma 0.2] [--step 0.05]

A site's DOS is the all-electron charge of the states inside the atom's augmentation sphere, as in the data set (its recipe,
section "Site DOS"). Energies are in eV from the Fermi level. The calculation needs a dense k-point mesh and, for energies
above the Fermi level, empty bands: `calc.fixed_density(kpts=..., nbands=..., symmetry=...)`.
"""
import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
from gpaw import GPAW

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "datasets" / "generator"))
from sites import sphere_overlap  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gpw", help="finished calculation")
    parser.add_argument("json", help="file to write")
    parser.add_argument("--sigma", type=float, default=0.2, help="Gaussian broadening, eV (the models' data have 0.2)")
    parser.add_argument("--step", type=float, default=0.05, help="energy step, eV")
    options = parser.parse_args()
    if options.sigma <= 0 or options.step <= 0 or options.step > options.sigma:
        parser.error("sigma and step must be positive, and the step no larger than sigma")
    calc = GPAW(options.gpw, txt=None)
    partial = options.json + ".partial"
    with open(partial, "w") as out:
        json.dump(spectra(calc, options.sigma, options.step), out)
    os.replace(partial, options.json)


def spectra(calc, sigma, step):
    atoms = calc.get_atoms()
    kd = calc.wfs.kd
    fermi = calc.get_fermi_level()
    levels, weights, sites = [], [], []
    for kpt in calc.wfs.kpt_u:
        states = calc.get_eigenvalues(kpt=kpt.k, spin=kpt.s) - fermi
        levels.append(states)
        weights.append(np.full(len(states), kd.weight_k[kpt.k] * 2 / kd.nspins))
        sites.append([inside(kpt.projections[a], calc.setups[a]) for a in range(len(atoms))])
    sites = symmetric(np.concatenate(sites, axis=1), kd.symmetry.a_sa)
    known = min(states.max() for states in levels)
    valence_top = valence_band_maximum(levels, [kpt.s for kpt in calc.wfs.kpt_u])
    levels, weights = np.concatenate(levels), np.concatenate(weights)
    energies = np.arange(levels.min() - 6 * sigma, known + 6 * sigma, step)
    gauss = np.exp(-0.5 * ((energies[:, None] - levels) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    return {
        "atomicNumbers": atoms.numbers.tolist(),
        "cell": atoms.cell.array.tolist(),
        "fracCoords": atoms.get_scaled_positions().tolist(),
        "efermi": fermi,
        "energies": energies.tolist(),
        "siteDos": [(gauss @ (weights * site)).tolist() for site in sites],
        "totalDos": (gauss @ weights).tolist(),
        "sigma": sigma,
        # Nothing is missing below; above, not every k-point has bands.
        "known": [-1000, float(known)],
        "valenceBandMaximum": valence_top,
    }


def valence_band_maximum(levels, spins):
    """eV from the Fermi level, None for a metal: as many states below it at every k-point, spin by spin, and a gap."""
    filled = {(s, int((states <= 0).sum())) for states, s in zip(levels, spins)}
    below = max(states[states <= 0].max(initial=-np.inf) for states in levels)
    above = min(states[states > 0].min(initial=np.inf) for states in levels)
    return float(below) if len(filled) == len(set(spins)) and above - below >= 0.05 else None


def inside(projections, setup):
    """[bands]: charge of each state inside the atom's sphere."""
    return ((projections @ sphere_overlap(setup)) * projections.conj()).sum(axis=1).real


def symmetric(sites, permutations):
    """Averaged over symmetry-equivalent atoms: only the irreducible k-points are there."""
    return np.mean([sites[permutation] for permutation in permutations], axis=0)


if __name__ == "__main__":
    main()
