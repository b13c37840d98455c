"""Unit tests of the data set's generator that need no self-consistent calculation: python3 test_generator.py"""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'datasets', 'generator'))
import quick_gpaw  # first: it keeps numpy's linear algebra to one thread

import gzip
import hashlib

import numpy as np
import spglib
from ase import Atoms

import first_list
import perturbed
import second_list
import spectra
import store
from bundled import bundled_ids
from electrons import PULAY, SETTINGS, fermi_level, gap, ground_state, recipe
from jobs import first_jobs, interleave
from quick_xc import Spline
from tetrahedra import delta_matrix, distinct_tetrahedra


class Tetrahedra(unittest.TestCase):
    """A band on a simple cubic lattice, E(k) = -cos x - cos y - cos z, whose moments are known."""

    def setUp(self, size=(8, 9, 10)):
        mesh = np.stack(np.meshgrid(*[2 * np.pi * np.arange(n) / n for n in size], indexing='ij'), -1).reshape(-1, 3)
        self.energies = -np.cos(mesh).sum(1)[:, None]
        self.x_part = -np.cos(mesh[:, 0])
        self.corners, self.shares = distinct_tetrahedra(np.eye(3), size, np.arange(len(mesh)))

    def density(self, width, weights=None):
        bins = int(8 / width)
        matrix = delta_matrix(self.energies, self.corners, self.shares, -4.0, width, bins)
        return -4 + width * (np.arange(bins) + 0.5), matrix @ (np.ones(len(self.energies)) if weights is None else weights)

    def test_every_state_is_counted_once(self):
        for width in (0.01, 0.05, 0.3):
            self.assertAlmostEqual(self.density(width)[1].sum(), 1.0, places=12)
        self.assertAlmostEqual(self.shares.sum(), 1.0, places=12)

    def test_the_band_edges_are_the_mesh_s(self):
        energies, density = self.density(0.01)
        self.assertEqual(density[energies < self.energies.min() - 0.01].sum(), 0)
        self.assertEqual(density[energies > self.energies.max() + 0.01].sum(), 0)

    def test_moments_converge_as_the_square_of_the_spacing(self):
        errors = []
        for n in (6, 12):
            self.setUp((n, n, n))
            energies, density = self.density(0.01)
            self.assertAlmostEqual(density @ energies, 0.0, delta=2e-3)
            errors.append(1.5 - density @ energies ** 2)  # exactly 3/2 for infinitely many k-points
        self.assertAlmostEqual(errors[0] / errors[1], 4, delta=0.3)

    def test_weights_that_are_the_energy_give_energy_times_density(self):
        energies, density = self.density(0.02)
        _, weighted = self.density(0.02, self.energies[:, 0])
        # the curvature correction moves weight between corners, at most a few per cent
        self.assertLess(abs(weighted - energies * density).max(), 0.06 * density.max())

    def test_parts_add_up(self):
        _, total = self.density(0.05, self.energies[:, 0])
        _, part = self.density(0.05, self.x_part)
        _, rest = self.density(0.05, self.energies[:, 0] - self.x_part)
        np.testing.assert_allclose(part + rest, total, atol=1e-14)

    def test_a_flat_band_falls_into_one_bin(self):
        flat = np.full_like(self.energies, 0.513)
        density = delta_matrix(flat, self.corners, self.shares, 0.0, 0.1, 10) @ np.ones(len(flat))
        np.testing.assert_allclose(density, np.eye(10)[5], atol=1e-12)

    def test_symmetry_changes_nothing(self):
        size = (6, 6, 6)
        steps = np.stack(np.meshgrid(*[np.arange(6)] * 3, indexing='ij'), -1).reshape(-1, 3)
        folded = np.minimum(steps, -steps % 6)  # reflections of each axis
        irreducible, to_irreducible = np.unique(folded, axis=0, return_inverse=True)
        corners, shares = distinct_tetrahedra(np.eye(3), size, to_irreducible)
        energies = -np.cos(2 * np.pi * irreducible / 6).sum(1)[:, None]
        reduced = delta_matrix(energies, corners, shares, -4, .1, 80) @ np.ones(len(irreducible))
        corners, shares = distinct_tetrahedra(np.eye(3), size, np.arange(216))
        full = delta_matrix(energies[to_irreducible], corners, shares, -4, .1, 80) @ np.ones(216)
        np.testing.assert_allclose(reduced, full, atol=1e-13)


class Interpolation(unittest.TestCase):
    def test_splines_take_the_values_of_the_mesh_and_are_smooth_between(self):
        for n in (1, 4, 7):
            at = np.arange(2 * n) / 2
            matrix = spectra._cardinal_splines(n, at)
            np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-12)
            np.testing.assert_allclose(matrix[::2], np.eye(n), atol=1e-12)
        wave = np.cos(2 * np.pi * np.arange(12) / 12)
        np.testing.assert_allclose(spectra._cardinal_splines(12, np.arange(24) / 2) @ wave, np.cos(np.pi * np.arange(24) / 12), atol=2e-3)

    def test_radial_splines_equal_gpaw_s(self):
        values = np.append(np.sin(np.linspace(0, 3, 60)) + 2, 0)
        spline, at = Spline(1, 4.2, values), np.random.default_rng(0).uniform(0, 5, 300)
        np.testing.assert_allclose(spline.map(at), [spline(r) for r in at], atol=1e-12)


class Grid(unittest.TestCase):
    def test_it_has_the_symmetry_of_the_crystal(self):
        """A stretched diamond cell: operations mix axes whose natural numbers of grid points differ (15, 15, 16 before)."""
        cell = np.array([[0, 2.6, 2.6], [2.6, 0, 2.6], [2.6, 2.6, 0]]) @ np.diag([1, 1, 0.93])
        symmetric = Atoms('Si2', cell=cell, scaled_positions=[[0] * 3, [0.25] * 3], pbc=True)
        trembling = symmetric.copy()
        trembling.rattle(2e-4, seed=1)
        energies = []
        for atoms in (symmetric, trembling):
            ground = ground_state(atoms, recipe(2), magnetic=False)
            self.assertTrue(ground.calc.wfs.kd.symmetry.check_grid(np.array(ground.grid)))
            energies.append(ground.energy)
        self.assertAlmostEqual(*energies, delta=5e-3)


class Levels(unittest.TestCase):
    def test_fermi_level_holds_the_electrons(self):
        energies = np.random.default_rng(1).normal(size=50)
        level = fermi_level(energies, np.full(50, 2.0), 31.3, 0.1)
        self.assertAlmostEqual((2 / (1 + np.exp((energies - level) / 0.1))).sum(), 31.3, places=6)

    def test_gap(self):
        bands = np.array([[[-1.0, 0.5], [-0.2, 0.7]]])
        self.assertEqual(gap(bands, 0.1), (0.7, -0.2))
        self.assertEqual(gap(bands, -0.5), (0.0, -0.5))  # a band crosses
        self.assertEqual(gap(np.array([[[0.0, 0.04]]]), 0.02), (0.0, 0.02))  # too narrow to count


class Lists(unittest.TestCase):
    def test_the_first_list_is_the_one_that_made_the_first_set(self):
        entries = first_list.make_list()
        self.assertEqual(len(entries), 8084)
        self.assertEqual(hashlib.sha256(json.dumps(entries).encode()).hexdigest(),
                         '442c08a2339c494e78d5dbc3b5f8fc8ddb69ed8aceaa9ab23f447d6cd71acfde')

    def test_the_second_list_is_the_same_every_time(self):
        entries = second_list.make_list()
        self.assertEqual(entries, second_list.make_list())
        names = [entry['structure_id'] for entry in entries]
        self.assertEqual(len(names), len(set(names)))

    def test_prototypes_have_their_space_groups(self):
        expected = dict(wc=187, mosi2=139, mx2h=187, d022=139, litharge=129, cooperite=131, delafossite=166, antiperovskite=221,
                        thcr2si2=139, la2o3=164, laves=227, cacu5=191, rutile=136, cuprite=224, a15=223)
        found = {}
        for entry in second_list.make_list():
            atoms = second_list.build(entry)
            group = spglib.get_spacegroup((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), symprec=1e-3)
            found.setdefault(entry['prototype'], set()).add(int(group.split('(')[1].rstrip(')')))
        self.assertEqual(found, {prototype: {number} for prototype, number in expected.items()})

    def test_atoms_keep_their_distance(self):
        for entry in second_list.make_list()[::9]:
            atoms = second_list.build(entry) * (2, 2, 2)
            distances = atoms.get_all_distances(mic=True)
            np.fill_diagonal(distances, 9)
            self.assertGreater(distances.min(), 1.1, entry['structure_id'])

    def test_reserved_formulas_are_never_computed(self):
        self.assertTrue(store.reserved('MgO'))
        self.assertFalse(store.reserved('Cu'))
        formulas = {store.reduced_formula(job.build().get_chemical_symbols()) for job in first_jobs()[:800]}
        for formula in formulas:
            self.assertNotEqual(int(hashlib.sha256(formula.encode()).hexdigest()[:8], 16) % 20, 0, formula)

    def test_formulas(self):
        self.assertEqual(store.reduced_formula(['Ti', 'O', 'O', 'Ti', 'O', 'O']), 'O2Ti')
        self.assertEqual(store.reduced_formula(['Na', 'Cl']), 'ClNa')

    def test_interleave(self):
        self.assertEqual(list(interleave([[1, 2, 3, 4, 5], 'ab'], [2, 1])), [1, 2, 'a', 3, 4, 'b', 5])


class Imperfect(unittest.TestCase):
    crystal = Atoms('GaAs', cell=2.8 * (1 - np.eye(3)), scaled_positions=[(0, 0, 0), (.25, .25, .25)], pbc=True)

    def test_they_depend_on_the_name_alone(self):
        for change in (perturbed.strained, perturbed.displaced):
            first, again = change(self.crystal, 'x'), change(self.crystal, 'x')
            np.testing.assert_array_equal(first.positions, again.positions)
            np.testing.assert_array_equal(first.cell.array, again.cell.array)

    def test_their_sizes(self):
        self.assertAlmostEqual(perturbed.scaled(self.crystal, 0.94).get_volume() / self.crystal.get_volume(), 0.94)
        for name in map(str, range(40)):
            strain = np.linalg.inv(self.crystal.cell.array) @ perturbed.strained(self.crystal, name).cell.array - np.eye(3)
            self.assertTrue(0.02 <= max(abs(np.linalg.eigvalsh(strain))) <= 0.06)
            moved = perturbed.displaced(self.crystal, name).positions - self.crystal.positions
            self.assertTrue(0.1 <= np.linalg.norm(moved[-1]) <= 0.35 and not moved[0].any())


class Store(unittest.TestCase):
    def test_half_a_line_is_cut_off_and_the_rest_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'records_w0.jsonl')
            store.append(path, {'structure_id': 'a'})
            with open(path, 'a') as file:
                file.write('{"structure_id": "b')
            self.assertEqual([entry['structure_id'] for entry in store.read_lines(path)], ['a'])
            store.repair(path)
            store.append(path, {'structure_id': 'c'})
            self.assertEqual([entry['structure_id'] for entry in store.read_lines(path)], ['a', 'c'])

    def test_the_ids_of_a_data_set_by_recipe(self):
        with tempfile.TemporaryDirectory() as folder:
            columns = np.array([2, 1, 2], '<f4').tobytes()
            header = json.dumps({'property.recipe': {'dtype': 'F32', 'shape': [3], 'data_offsets': [0, 12]},
                                 '__metadata__': {'ids': json.dumps(['a', 'b', 'c'])}}).encode()
            with gzip.open(os.path.join(folder, 'part-0000.safetensors.gz'), 'wb') as part:
                part.write(len(header).to_bytes(8, 'little') + header + columns)
            self.assertEqual(bundled_ids(2, folder), {'a', 'c'})

    def test_a_broken_line_in_the_middle_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x.jsonl')
            with open(path, 'w') as file:
                file.write('{"a": 1}\nnonsense\n{"a": 2}\n')
            with self.assertRaisesRegex(ValueError, 'x.jsonl.*nonsense'):
                list(store.read_lines(path))


class Settings(unittest.TestCase):
    def test_the_recipes_differ_only_where_they_may(self):
        first, second = recipe(1), recipe(2)
        self.assertEqual(first['ecut_eV'], second['ecut_eV'])
        self.assertEqual((SETTINGS['gaussian_sigma_eV'], SETTINGS['energy_grid']['n']), (0.2, 400))
        for element in PULAY.values():
            self.assertEqual(set(element), {'320', '450'})


if __name__ == '__main__':
    unittest.main()
