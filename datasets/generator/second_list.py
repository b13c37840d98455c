"""More crystals, mostly of 3 to 8 atoms: prototypes that the first list lacks. make_list() is the same on every machine.

Ideal internal coordinates and c/a ratios; the relaxation brings volume and c/a nearer to the equilibrium."""
import math
import random

import numpy as np
from ase import Atoms

from first_list import AN, FCC, METALS, OX, TM, hexcell
from volumes import at_volume, start_volume

FREE = {'mosi2', 'mx2h', 'litharge', 'delafossite', 'thcr2si2', 'la2o3'}
"""Prototypes with an internal coordinate along z"""


def bct(c):
    """Primitive cell of a body-centred tetragonal lattice with a = 1: rows."""
    return np.array([[-.5, .5, c / 2], [.5, -.5, c / 2], [.5, .5, -c / 2]])


def bct_fractions(points, c):
    """Coordinates in the conventional tetragonal cell to those in the primitive one."""
    return [tuple(np.array(p) * (1, 1, c) @ np.linalg.inv(bct(c))) for p in points]


def rhombohedral(c):
    """Primitive cell of a rhombohedral lattice with hexagonal a = 1: rows; (u, u, u) lies at height u c."""
    h = 1 / (2 * math.sqrt(3))
    return np.array([[.5, -h, c / 3], [0, 2 * h, c / 3], [-.5, -h, c / 3]])


O = (0, 0, 0)
EIGHTH, HALF = (1 / 8,) * 3, (.5,) * 3
# name: (cell, atoms of each species, fractional coordinates, uniaxial)
PROTOTYPES = {
    'wc': (hexcell(1, .976), (1, 1), [O, (1 / 3, 2 / 3, .5)], True),
    'mosi2': (bct(2.45), (1, 2), bct_fractions([O, (0, 0, 1 / 3), (0, 0, 2 / 3)], 2.45), True),
    'mx2h': (hexcell(1, 1.95), (1, 2), [(1 / 3, 2 / 3, 0), (2 / 3, 1 / 3, .255), (2 / 3, 1 / 3, -.255)], True),
    'd022': (bct(2.1), (1, 3), bct_fractions([O, (0, 0, .5), (0, .5, .25), (.5, 0, .25)], 2.1), True),
    'litharge': (np.diag([1, 1, 1.45]), (2, 2), [O, (.5, .5, 0), (0, .5, .26), (.5, 0, .74)], True),
    'cooperite': (np.diag([1, 1, 1.76]), (2, 2), [(0, .5, 0), (.5, 0, .5), (0, 0, .25), (0, 0, .75)], True),
    'delafossite': (rhombohedral(5.8), (1, 1, 2), [O, HALF, (.11,) * 3, (.89,) * 3], True),
    'antiperovskite': (np.eye(3), (1, 1, 3), [O, HALF, (.5, .5, 0), (.5, 0, .5), (0, .5, .5)], False),
    'thcr2si2': (bct(2.5), (1, 2, 2), bct_fractions([O, (0, .5, .25), (.5, 0, .25), (0, 0, .37), (0, 0, .63)], 2.5), True),
    'la2o3': (hexcell(1, 1.56), (2, 3), [(1 / 3, 2 / 3, .245), (2 / 3, 1 / 3, .755), O, (1 / 3, 2 / 3, .645),
                                         (2 / 3, 1 / 3, .355)], True),
    'laves': (FCC, (2, 4), [EIGHTH, (7 / 8,) * 3, HALF, (.5, .5, 0), (.5, 0, .5), (0, .5, .5)], False),
    'cacu5': (hexcell(1, .82), (1, 5), [O, (1 / 3, 2 / 3, 0), (2 / 3, 1 / 3, 0), (.5, 0, .5), (0, .5, .5), (.5, .5, .5)], True),
    'rutile': (np.diag([1, 1, .65]), (2, 4), [O, HALF, (.305, .305, 0), (.695, .695, 0), (.195, .805, .5),
                                              (.805, .195, .5)], True),
    'cuprite': (np.eye(3), (2, 4), [O, HALF, (.25, .25, .25), (.75, .75, .25), (.75, .25, .75), (.25, .75, .75)], False),
    'a15': (np.eye(3), (2, 6), [O, HALF, (.25, 0, .5), (.75, 0, .5), (.5, .25, 0), (.5, .75, 0), (0, .5, .25),
                                (0, .5, .75)], False),
}
def build(entry):
    """The cell, with the volume of start_volume."""
    cell, counts, positions, _ = PROTOTYPES[entry['prototype']]
    symbols = [s for s, count in zip(entry['species'], counts) for _ in range(count)]
    atoms = Atoms(symbols, cell=cell, scaled_positions=positions, pbc=True)
    return at_volume(atoms, start_volume(symbols, entry['prototype'], entry['ionic']))


def uniaxial(prototype):
    return PROTOTYPES[prototype][3]


def make_list(seed=20261122):
    """[{structure_id, prototype, species, ionic}], shuffled. Names do not repeat."""
    rng = random.Random(seed)
    entries = {}

    def add(prototype, *species, ionic=False):
        if len(set(species)) < len(species):
            return
        counts = PROTOTYPES[prototype][1]
        divisor = math.gcd(*counts)
        name = ''.join(s + (str(n // divisor) if n > divisor else '') for s, n in zip(species, counts))
        entries.setdefault(f'{prototype}-{name}', dict(structure_id=f'{prototype}-{name}', prototype=prototype,
                                                       species=list(species), ionic=ionic))

    _add_ionic(add)
    _add_metallic(add, rng)
    found = list(entries.values())
    rng.shuffle(found)
    return found


def _add_ionic(add):
    """Charge-balanced crystals."""
    cations = [(element, charge, radius) for element in sorted(OX) for charge, radius in sorted(OX[element].items())]
    anions = [(element, -charge) for element, (charge, _) in AN.items()]
    for a, qa, ra in cations:
        for x, qx in anions:
            if qa == 2 * qx:
                add('rutile', a, x, ionic=True)
                if x in ('S', 'Se', 'Te'):
                    add('mx2h', a, x, ionic=True)
            if qx == 2 * qa and x in ('O', 'S', 'Se'):
                add('cuprite', x, a, ionic=True)
            if 2 * qa == 3 * qx:
                add('la2o3', a, x, ionic=True)
            if 3 * qa == 2 * qx:
                add('la2o3', x, a, ionic=True)
            if qa == qx and x in ('O', 'S', 'Se', 'Te'):
                add('litharge', a, x, ionic=True)
                add('cooperite', a, x, ionic=True)
    for a in ('Cu', 'Ag', 'Au', 'Tl'):
        for b, qb, _ in cations:
            if qb == 3:
                for x in ('O', 'S'):
                    add('delafossite', a, b, x, ionic=True)


def _add_metallic(add, rng):
    """Random combinations within the families that a prototype is known from."""
    light = ['N', 'C', 'B', 'P', 'As', 'Si', 'Ge', 'S']
    for a in TM:
        for x in light:
            add('wc', a, x)
    large = 'K Ca Sr Ba Sc Y Zr Hf Na Mg Ti Nb Ta'.split()
    p_block = 'Al Ga In Si Ge Sn Sb As P Zn'.split()
    for _ in range(160):
        add('mosi2', rng.choice(METALS), rng.choice(['Si', 'Ge', 'Al', 'Be', 'Ga', *rng.sample(TM, 5)]))
        add('d022', rng.choice(METALS), rng.choice(['Al', 'Ga', *rng.sample(METALS, 6)]))
        add('laves', rng.choice(large), rng.choice(TM + ['Al', 'Be', 'Mg']))
        add('cacu5', rng.choice('Ca Sr Y Ba Sc'.split()), rng.choice(TM + ['Al', 'Zn', 'Be']))
        add('thcr2si2', rng.choice('Ca Sr Ba Y K Sc Na'.split()), rng.choice(TM + ['Al', 'Mg']),
            rng.choice('Si Ge P As B C Sb S Se'.split()))
        add('antiperovskite', rng.choice([*p_block, 'Ni', 'Cu', 'Pd', 'Pt', 'Au', 'Fe', 'Mn']),
            rng.choice(['N', 'C', 'B', 'O']),
            rng.choice('Mn Fe Ni Co Cr Ti V Sc Y Ca Sr Mg Ba Cu Pd Zr Nb Li Na K'.split()))
        add('litharge', rng.choice(TM), rng.choice(['S', 'Se', 'Te', 'As', 'P', 'Sb']))
        add('a15', rng.choice('Al Ga Si Ge Sn Sb Pt Au Ir Os Rh'.split()), rng.choice('V Nb Cr Mo Ti Zr Ta W'.split()))
