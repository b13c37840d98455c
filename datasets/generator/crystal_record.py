"""One record of the data set from a converged density."""
import json
import os

import numpy as np
import spglib

from electrons import HERE, cutoff
from electrons import bands as compute_bands
from sites import state_weights
from spectra import band_energy, gaussian_spectra, occupied_energy, tetrahedron_spectra

REFERENCES = os.path.join(HERE, 'references.json')
COMMON_CUTOFF = 450
"""eV: that of oxides, fluorides and nitrides"""
NUMBER_OF_DIGITS = 4
SMALLEST = 5e-5


def make_record(ground, atoms, settings, force=0.0, txt=None):
    """The record's keys that the calculation gives, `y` and `y_voronoi` among them."""
    bands = compute_bands(ground, atoms, settings, txt)
    sphere, voronoi = state_weights(bands, atoms)
    symbols = atoms.get_chemical_symbols()
    ecut = cutoff(symbols, settings)
    if settings['dos'] == 'tetrahedra':
        spectra = tetrahedron_spectra(bands, sphere, voronoi, atoms.cell.array)
        energy = ground.energy + mesh_correction(ground, bands)
        shift = to_common_cutoff(symbols, ecut)
        energy += shift or 0.0
        ecut_of_energy = ecut if shift is None else COMMON_CUTOFF
    else:
        spectra = gaussian_spectra(bands, sphere, voronoi)
        energy, ecut_of_energy = ground.energy, ecut
    if not (np.isfinite(spectra.site).all() and np.isfinite(spectra.voronoi).all()):
        raise FloatingPointError('the spectrum is not finite')
    return dict(
        spacegroup=space_group(atoms), cell=atoms.cell.array.round(6).tolist(),
        positions=atoms.get_positions().round(6).tolist(), atomic_numbers=atoms.get_atomic_numbers().tolist(),
        efermi_eV=round(spectra.zero, 4), gap_eV=round(spectra.gap, 4), energy_per_atom_eV=round(energy / len(atoms), 5),
        ecut_eV=ecut, energy_ecut_eV=ecut_of_energy, pressure_GPa=round(ground.pressure, 3),
        stress_GPa=_plain(ground.stress, 3), forces_eV_A=_plain(ground.forces(), 4), fmax_eV_A=round(force, 4),
        magmom_muB=round(ground.moment, 3), captured_fraction=round(spectra.captured, 4),
        emax_complete_eV=round(float(bands.energies[:, :, -1].min() - spectra.zero), 2),
        n_electrons=int(round(bands.electrons)), nk_dos=bands.energies.shape[1], nbands=bands.energies.shape[2],
        y=_rounded(spectra.site), y_voronoi=_rounded(spectra.voronoi))


def mesh_correction(ground, bands):
    """What the bands' denser mesh adds to the energy (eV a cell) at a fixed density, after Harris: the change of the sum
    of occupied energies."""
    calc, kd = ground.calc, ground.calc.wfs.kd
    coarse = np.array([[calc.get_eigenvalues(kpt=k, spin=s) for k in range(kd.nibzkpts)] for s in range(kd.nspins)])
    return band_energy(bands) - occupied_energy(coarse, kd.weight_k, bands.electrons)


def to_common_cutoff(symbols, ecut, path=REFERENCES):
    """What to add to an energy (eV a cell) at ecut for it to compare with those at COMMON_CUTOFF: the plane waves that are
    missing describe the insides of the atoms, hence the same sum over atoms as in the elements themselves. None if an
    element has no energies at both."""
    if ecut == COMMON_CUTOFF:
        return 0.0
    if not os.path.exists(path):
        return None
    with open(path) as file:
        table = json.load(file)
    here, common = table.get(str(int(ecut)), {}), table.get(str(COMMON_CUTOFF), {})
    if not all(s in here and s in common for s in symbols):
        return None
    return sum(common[s]['energy_per_atom_eV'] - here[s]['energy_per_atom_eV'] for s in symbols)


def space_group(atoms):
    """spglib's number at a tolerance of 1e-3 Angstrom; magnetism is ignored."""
    cell = atoms.cell.array, atoms.get_scaled_positions(), atoms.get_atomic_numbers()
    return int(spglib.get_spacegroup(cell, symprec=1e-3).split('(')[1].rstrip(')'))


def _plain(array, digits):
    """Rounded, and without minus zeros, which JSON does not keep."""
    return (array.round(digits) + 0.0).tolist()


def _rounded(rows):
    return [[float(f'{v:.{NUMBER_OF_DIGITS}g}') if v > SMALLEST else 0.0 for v in row] for row in rows]
