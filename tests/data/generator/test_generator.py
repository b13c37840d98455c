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

import ase.build
import ase.io
import numpy as np
import spglib
from ase import Atoms

import first_list
import perturbed
import real
import second_list
import spectra
import store
from bundled import bundled_ids
from electrons import PULAY, SETTINGS, fermi_level, gap, ground_state, recipe
from held_symmetry import HeldSymmetry
from jobs import EXCHANGEABLE, Job, first_jobs, interleave
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


class SameCrystals(unittest.TestCase):
    """src/data/duplicates.ts is tested with the same fixture."""

    def setUp(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'fixtures', 'data', 'same-crystals.json')) as file:
            self.fixture = json.load(file)

    def test_exchangeable_prototypes(self):
        self.assertEqual(sorted(EXCHANGEABLE), self.fixture['exchangeable'])

    def test_keys(self):
        for entry in self.fixture['crystals']:
            job = Job(entry['structure_id'], entry['prototype'], None)
            self.assertEqual(job.key(Atoms(entry['symbols'])), entry['key'], entry['structure_id'])

    def test_half_heusler_crystals_of_one_key_have_the_same_neighbours(self):
        found = {}
        for species in (('Ti', 'Ni', 'Sn'), ('Sn', 'Ni', 'Ti'), ('Ni', 'Ti', 'Sn'), ('Sn', 'Ti', 'Ni'), ('Ti', 'Sn', 'Ni'), ('Ni', 'Sn', 'Ti')):
            atoms = first_list.build(dict(prototype='halfheusler', species=species, ox=None))
            atoms.set_cell(6 / 2 ** 0.5 * atoms.cell.array / np.linalg.norm(atoms.cell.array[0]), scale_atoms=True)
            distances = (atoms * (2, 2, 2)).get_all_distances(mic=True)
            symbols = (atoms * (2, 2, 2)).get_chemical_symbols()
            shortest = {}
            for i, j in zip(*np.nonzero(distances)):
                pair = tuple(sorted((symbols[i], symbols[j])))
                shortest[pair] = min(shortest.get(pair, 9), round(distances[i, j], 4))
            key = Job('x', 'halfheusler', None).key(atoms)
            self.assertEqual(found.setdefault(key, shortest), shortest)
        self.assertEqual(len(found), 3)
        self.assertEqual(len({str(sorted(neighbours.items())) for neighbours in found.values()}), 3)


class Symmetry(unittest.TestCase):
    """Forces and stress, averaged over the operations of rutile and wurtzite, with noise on them."""

    rutile = Atoms('Ti2O4', cell=[4.6, 4.6, 2.96], pbc=True, scaled_positions=[
        (0, 0, 0), (.5, .5, .5), (.305, .305, 0), (.695, .695, 0), (.805, .195, .5), (.195, .805, .5)])
    wurtzite = ase.build.bulk('ZnO', 'wurtzite', a=3.25, c=5.2, u=0.382)

    def test_steps_along_averaged_forces_keep_the_space_group(self):
        for crystal, number in ((self.rutile, 136), (self.wurtzite, 186)):
            noise = np.random.default_rng(1).normal(size=(len(crystal), 3))
            held = HeldSymmetry(crystal)
            moved = crystal.copy()
            moved.positions += 0.3 * held.of_vectors(crystal, noise)
            moved.set_cell(crystal.cell.array @ (np.eye(3) + 0.1 * held.of_tensor(crystal, noise[:3] + noise[:3].T)), scale_atoms=True)
            self.assertEqual(_group(moved), number)
            self.assertGreater(abs(moved.positions - crystal.positions).max(), 0.01)
            broken = crystal.copy()
            broken.positions += 0.3 * noise
            self.assertLess(_group(broken), number)

    def test_what_is_symmetric_stays_and_twice_is_once(self):
        noise = np.random.default_rng(2).normal(size=(6, 3))
        held = HeldSymmetry(self.rutile)
        once = held.of_vectors(self.rutile, noise)
        np.testing.assert_allclose(held.of_vectors(self.rutile, once), once, atol=1e-12)
        tensor = held.of_tensor(self.rutile, noise[:3] + noise[:3].T)
        np.testing.assert_allclose(held.of_tensor(self.rutile, tensor), tensor, atol=1e-12)

    def test_averages_are_those_of_the_point_group(self):
        held = HeldSymmetry(self.rutile)
        tensor = held.of_tensor(self.rutile, np.arange(9.0).reshape(3, 3) + np.arange(9.0).reshape(3, 3).T)
        np.testing.assert_allclose(tensor, np.diag([4.0, 4.0, 16.0]), atol=1e-9)
        forces = held.of_vectors(self.rutile, np.random.default_rng(3).normal(size=(6, 3)))
        np.testing.assert_allclose(forces[:2], 0, atol=1e-9)  # inversion centres
        np.testing.assert_allclose(forces[2, 0], forces[2, 1], atol=1e-9)  # oxygen moves along [110] only
        np.testing.assert_allclose(forces[2], -forces[3], atol=1e-9)
        self.assertGreater(abs(forces[2, 0]), 1e-3)
        np.testing.assert_allclose(forces[:, 2], 0, atol=1e-9)


def _group(atoms):
    return spglib.get_symmetry_dataset((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), symprec=1e-3)['number']


class RealCrystals(unittest.TestCase):
    """Lists from outside: what is computed, what is left out and why, in which order."""

    copper = ase.build.bulk('Cu')
    rocksalt = ase.build.bulk('KBr', 'rocksalt', a=6.6)

    def test_what_cannot_be_computed_is_left_out_by_reason(self):
        self.assertNotIn('Xe', PULAY)
        chain = np.cumsum(2.6 + 0.1 * np.random.default_rng(0).random(13))
        entries = [
            ('good', self.rocksalt), ('broken', None), ('noble', ase.build.bulk('Xe', 'fcc', a=6.2)),
            ('magnesia', ase.build.bulk('MgO', 'rocksalt', a=4.2)), ('dense', ase.build.bulk('KBr', 'rocksalt', a=2.4)),
            ('molecule', Atoms('CuCl', positions=[(0, 0, 0), (0, 0, 2)])),
            ('long', Atoms('Cu13', cell=[2.6, 2.6, chain[-1]], positions=[(0, 0, z) for z in chain], pbc=True)),
            ('good', self.rocksalt * (2, 1, 1)), ('copper', self.copper)]
        jobs, refused = real.jobs_of(entries)
        self.assertEqual([job.name for job, _ in jobs], ['BrK-sg225-good', 'Cu-sg225-copper'])
        self.assertEqual(refused, {
            'unreadable': ['broken'], 'no recipe for Xe': ['noble'], 'reserved formula': ['magnesia'], 'overlapping atoms': ['dense'],
            'no crystal cell': ['molecule'], 'more than 12 atoms': ['long'], 'listed twice': ['good']})

    def test_cells_are_primitive_and_free_as_far_as_their_symmetry(self):
        jobs, _ = real.jobs_of([('cube', ase.build.bulk('KBr', 'rocksalt', a=6.6, cubic=True))])
        (job, atoms), = jobs
        self.assertEqual((len(atoms), job.prototype, job.whole, job.finished), (2, 'sg225', True, False))
        self.assertAlmostEqual(atoms.get_volume(), 6.6 ** 3 / 4)
        job.build().positions += 1  # a copy
        np.testing.assert_array_equal(job.build().positions, atoms.positions)

    def test_hydrogen_has_a_recipe(self):
        self.assertIn('H', PULAY)
        self.assertIn('H', recipe(2)['hard'])
        self.assertIsNone(real.problem(ase.build.bulk('PdH', 'rocksalt', a=4.1)))

    def test_the_rarest_element_comes_next(self):
        listed = [(f'cu{k}', ase.build.bulk('Cu', 'fcc', a=3.6 + k / 100)) for k in range(4)]
        listed += [('ag', ase.build.bulk('Ag', 'fcc', a=4.1)), ('al', ase.build.bulk('Al', 'fcc', a=4.05))]
        jobs, _ = real.jobs_of(listed)
        order = [job.name.split('-')[0] for job in real.balanced(jobs, done=set())]
        self.assertEqual(sorted(order), ['Ag', 'Al', 'Cu', 'Cu', 'Cu', 'Cu'])
        self.assertEqual(set(order[:3]), {'Ag', 'Al', 'Cu'})
        done = {'Cu-sg225-cu0', 'Ag-sg225-ag'}
        rest = [job.name for job in real.balanced(jobs, done)]
        self.assertEqual(rest[0], 'Al-sg225-al')
        self.assertEqual(sorted(rest), ['Al-sg225-al', 'Cu-sg225-cu1', 'Cu-sg225-cu2', 'Cu-sg225-cu3'])

    def test_a_worker_that_starts_again_takes_nothing_from_the_others(self):
        listed = [(f'cu{k}', ase.build.bulk('Cu', 'fcc', a=3.6 + k / 100)) for k in range(9)]
        jobs, _ = real.jobs_of(listed)
        before = {jobs[4][0].name}
        first, second = ({job.name for job in real.share(jobs, before, before, worker, 2)} for worker in (0, 1))
        self.assertEqual((len(first), len(second), first & second), (4, 4, set()))
        done = before | set(sorted(first)[:1]) | set(sorted(second)[:2])
        self.assertEqual({job.name for job in real.share(jobs, before, done, 0, 2)}, first - done)

    def test_a_disordered_crystal_is_left_out(self):
        text = ('data_x\n_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n_cell_angle_alpha 90\n_cell_angle_beta 90\n'
                '_cell_angle_gamma 90\n_symmetry_Int_Tables_number 225\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n'
                '_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n%sCl 0.5 0.5 0.5 1\n')
        sites = {'full': 'Na 0 0 0 1\n', 'shared': 'Na 0 0 0 0.6\nK 0 0 0 0.4\n', 'empty': 'Na 0 0 0 0.5\n'}
        with tempfile.TemporaryDirectory() as folder:
            for name, lines in sites.items():
                with open(os.path.join(folder, f'{name}.cif'), 'w') as file:
                    file.write(text % lines)
            jobs, refused = real.jobs_of(real.read_list(folder))
        self.assertEqual([job.name for job, _ in jobs], ['ClNa-sg225-full'])
        self.assertEqual(refused, {'partly occupied sites': ['empty', 'shared']})

    def test_lists_of_every_form(self):
        crystals = [self.rocksalt, self.copper]
        rows = [dict(id=f'c{k}', numbers=atoms.numbers.tolist(), cell=atoms.cell.array.tolist(),
                     scaled=atoms.get_scaled_positions().tolist()) for k, atoms in enumerate(crystals)]
        with tempfile.TemporaryDirectory() as folder:
            def path(name):
                return os.path.join(folder, name)
            os.mkdir(path('cifs'))
            for k, atoms in enumerate(crystals):
                ase.io.write(path(f'cifs/c{k}.cif'), atoms)
            for name, text in (('cifs/c2.cif', 'no structure'), ('cifs/readme.txt', 'not a CIF')):
                with open(path(name), 'w') as file:
                    file.write(text)
            named = [atoms.copy() for atoms in crystals]
            named[0].info['id'] = 'c0'
            ase.io.write(path('list.xyz'), named, format='extxyz')
            with open(path('list.json'), 'w') as file:
                json.dump(rows, file)
            with gzip.open(path('list.json.gz'), 'wt') as file:
                json.dump(rows, file)
            for name, ids in (('cifs', ['c0', 'c1', 'c2']), ('list.xyz', ['c0', 'list-1']),
                              ('list.json', ['c0', 'c1']), ('list.json.gz', ['c0', 'c1'])):
                found = real.read_list(path(name))
                self.assertEqual([entry[0] for entry in found], ids, name)
                for (_, atoms), expected in zip(found, crystals):
                    self.assertEqual(sorted(atoms.numbers), sorted(expected.numbers))
                    self.assertAlmostEqual(atoms.get_volume() / len(atoms), expected.get_volume() / len(expected), places=3)
            self.assertIsNone(real.read_list(path('cifs'))[2][1])


class Settings(unittest.TestCase):
    def test_the_recipes_differ_only_where_they_may(self):
        first, second = recipe(1), recipe(2)
        self.assertEqual(first['ecut_eV'], second['ecut_eV'])
        self.assertEqual((SETTINGS['gaussian_sigma_eV'], SETTINGS['energy_grid']['n']), (0.2, 400))
        for element in PULAY.values():
            self.assertEqual(set(element), {'320', '450'})


if __name__ == '__main__':
    unittest.main()
