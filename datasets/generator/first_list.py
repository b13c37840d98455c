"""The first list: prototypes times elements, and their starting cells. make_list() is the same on every machine.

Prototypes with ideal internal coordinates. Charge-balanced crystals start at distances from ionic radii, the others from
atomic volumes."""
import itertools
import math
import random

import numpy as np
from ase import Atoms

# Shannon-like radii in Angstrom (about six neighbours) by element and oxidation state
OX = {
    'Li': {1: .76}, 'Na': {1: 1.02}, 'K': {1: 1.38}, 'Rb': {1: 1.52}, 'Cs': {1: 1.67}, 'Be': {2: .45}, 'Mg': {2: .72},
    'Ca': {2: 1.00}, 'Sr': {2: 1.18}, 'Ba': {2: 1.35}, 'Sc': {3: .745}, 'Y': {3: .90}, 'Ti': {2: .86, 3: .67, 4: .605},
    'Zr': {4: .72}, 'Hf': {4: .71}, 'V': {2: .79, 3: .64, 4: .58, 5: .54}, 'Nb': {4: .68, 5: .64, 3: .72},
    'Ta': {4: .68, 5: .64}, 'Cr': {2: .80, 3: .615, 6: .44}, 'Mo': {4: .65, 6: .59, 3: .69}, 'W': {4: .66, 6: .60},
    'Mn': {2: .83, 3: .645, 4: .53}, 'Re': {4: .63, 6: .55}, 'Fe': {2: .78, 3: .645}, 'Ru': {4: .62, 3: .68},
    'Os': {4: .63}, 'Co': {2: .745, 3: .545}, 'Rh': {3: .665}, 'Ir': {4: .625, 3: .68}, 'Ni': {2: .69, 3: .56},
    'Pd': {2: .86, 4: .615}, 'Pt': {2: .80, 4: .625}, 'Cu': {1: .77, 2: .73}, 'Ag': {1: 1.15}, 'Au': {1: 1.37},
    'Zn': {2: .74}, 'Cd': {2: .95}, 'Hg': {2: 1.02}, 'B': {3: .27}, 'Al': {3: .535}, 'Ga': {3: .62},
    'In': {3: .80, 1: 1.3}, 'Tl': {1: 1.50, 3: .885}, 'Si': {4: .40}, 'Ge': {4: .53, 2: .73}, 'Sn': {4: .69, 2: 1.18},
    'Pb': {4: .775, 2: 1.19}, 'As': {3: .58, 5: .46}, 'Sb': {3: .76, 5: .60}, 'Bi': {3: 1.03, 5: .76}, 'P': {5: .38}}
# charge and radius
AN = {'F': (-1, 1.33), 'Cl': (-1, 1.81), 'Br': (-1, 1.96), 'I': (-1, 2.20), 'O': (-2, 1.40), 'S': (-2, 1.84),
      'Se': (-2, 1.98), 'Te': (-2, 2.21), 'N': (-3, 1.46), 'P': (-3, 1.90), 'As': (-3, 2.00), 'Sb': (-3, 2.15), 'C': (-4, 1.55)}
# atomic volumes (Angstrom^3) in close packing, metallic surroundings
VOL = dict(
    Li=20.2, Be=7.9, B=6.5, C=6.0, N=8.0, O=9.0, F=11.0, Na=37, Mg=23, Al=16.5, Si=15.0, P=15, S=16, Cl=22, K=73, Ca=42,
    Sc=24.7, Ti=17.4, V=13.5, Cr=11.9, Mn=11.0, Fe=11.4, Co=11.0, Ni=10.9, Cu=12.0, Zn=15.3, Ga=18.5, Ge=18.5, As=18.5,
    Se=20, Br=27, Rb=91, Sr=55, Y=32.9, Zr=23.3, Nb=18.3, Mo=15.8, Ru=13.8, Rh=14.1, Pd=15.3, Ag=17.9, Cd=22.5, In=27.0,
    Sn=26.5, Sb=26, Te=28, I=35, Cs=115, Ba=64, Hf=22.4, Ta=18.3, W=16.1, Re=14.9, Os=14.3, Ir=14.5, Pt=15.7, Au=18,
    Hg=27, Tl=30.0, Pb=31, Bi=31.5)
DIAMOND_VOL = {'C': 5.7, 'Si': 20, 'Ge': 23.5, 'Sn': 36, 'B': 7.0, 'N': 7.5}
TM = 'Sc Ti V Cr Mn Fe Co Ni Cu Zn Y Zr Nb Mo Ru Rh Pd Ag Cd Hf Ta W Re Os Ir Pt Au Hg'.split()
MAIN = 'Li Be Na Mg Al K Ca Ga Rb Sr In Cs Ba Tl Sn Pb'.split()
METALS = TM + MAIN


def hexcell(a, c):
    return [[a, 0, 0], [-a / 2, a * math.sqrt(3) / 2, 0], [0, 0, c]]


FCC = np.array([[0, .5, .5], [.5, 0, .5], [.5, .5, 0]])
BCC = np.array([[-.5, .5, .5], [.5, -.5, .5], [.5, .5, -.5]])
NAFEO2 = np.array([[.5, -1 / (2 * math.sqrt(3)), 5 / 3], [0, 1 / math.sqrt(3), 5 / 3], [-.5, -1 / (2 * math.sqrt(3)), 5 / 3]])
CUBE = np.eye(3)
O, QUARTER, HALF, THREE_QUARTERS = (0, 0, 0), (.25,) * 3, (.5,) * 3, (.75,) * 3
FACES = [(.5, .5, 0), (.5, 0, .5), (0, .5, .5)]
# prototype: cell (rows), atoms of each species, fractional coordinates
GEOMETRY = {
    'fcc': (FCC, (1,), [O]), 'bcc': (BCC, (1,), [O]), 'sc': (CUBE, (1,), [O]),
    'hcp': (hexcell(1, 1.633), (2,), [(1 / 3, 2 / 3, .25), (2 / 3, 1 / 3, .75)]), 'diamond': (FCC, (2,), [O, QUARTER]),
    'rocksalt': (FCC, (1, 1), [O, HALF]), 'cscl': (CUBE, (1, 1), [O, HALF]), 'zincblende': (FCC, (1, 1), [O, QUARTER]),
    'wurtzite': (hexcell(1, 1.633), (2, 2), [(1 / 3, 2 / 3, 0), (2 / 3, 1 / 3, .5), (1 / 3, 2 / 3, .375),
                                             (2 / 3, 1 / 3, .875)]),
    'nias': (hexcell(1, 1.5), (2, 2), [O, (0, 0, .5), (1 / 3, 2 / 3, .25), (2 / 3, 1 / 3, .75)]),
    'l10': (np.diag([1, 1, 1.38]), (1, 1), [O, HALF]),
    'fluorite': (FCC, (1, 2), [O, QUARTER, THREE_QUARTERS]),
    'alb2': (hexcell(1, 1.08), (1, 2), [O, (1 / 3, 2 / 3, .5), (2 / 3, 1 / 3, .5)]),
    'cdi2': (hexcell(1, 1.6), (1, 2), [O, (1 / 3, 2 / 3, .25), (2 / 3, 1 / 3, .75)]),
    'l12': (CUBE, (1, 3), [O, *FACES]), 'd03': (FCC, (1, 3), [O, QUARTER, HALF, THREE_QUARTERS]),
    'reo3': (CUBE, (1, 3), [O, (.5, 0, 0), (0, .5, 0), (0, 0, .5)]),
    'halfheusler': (FCC, (1, 1, 1), [O, QUARTER, HALF]),
    'nafeo2': (NAFEO2, (1, 1, 2), [HALF, O, (.24,) * 3, (.76,) * 3]),
    'perovskite': (CUBE, (1, 1, 3), [O, HALF, *FACES]),
    'heusler': (FCC, (2, 1, 1), [QUARTER, THREE_QUARTERS, O, HALF]),
    'invheusler': (FCC, (2, 1, 1), [O, QUARTER, HALF, THREE_QUARTERS]),
}
# how many atoms a name counts of each species (none for prototypes of one kind of atom, 1:1 and 1:1:1)
NAME_COUNTS = {p: GEOMETRY[p][1] for p in 'fluorite alb2 cdi2 l12 d03 reo3 nafeo2 perovskite heusler invheusler'.split()}
ANISO = {'hcp', 'wurtzite', 'nias', 'l10', 'alb2', 'cdi2', 'nafeo2'}
FREE = {'wurtzite', 'cdi2', 'nafeo2'}
# first volume over the sum of VOL
ELEMENT_FACTOR = {'fcc': 1, 'bcc': 1, 'hcp': 1, 'sc': 1.18, 'diamond': 1.5}
COMPOUND_FACTOR = {'cscl': .97, 'l10': .98, 'l12': .98, 'd03': .97, 'heusler': .97, 'invheusler': .97, 'halfheusler': 1.08,
                   'alb2': 1.0, 'rocksalt': 1.15, 'zincblende': 1.45, 'nias': 1.05, 'wurtzite': 1.45}
# first distance over the sum of the ionic radii
DISTANCE_FACTOR = {'rocksalt': 1, 'cscl': 1.05, 'zincblende': .94, 'wurtzite': .94, 'nias': 1.0, 'fluorite': 1.03, 'cdi2': 1.0,
                   'reo3': .97}


def symbols_of(prototype, species):
    return [s for s, count in zip(species, GEOMETRY[prototype][1]) for _ in range(count)]


def build(job):
    """The starting cell of an entry of make_list()."""
    prototype, species, charges = job['prototype'], job['species'], job.get('ox')
    cell, _, positions = GEOMETRY[prototype]
    atoms = Atoms(symbols_of(prototype, species), cell=cell, scaled_positions=positions, pbc=True)
    if charges is None:
        return _at_volume(atoms, _first_volume(prototype, atoms.get_chemical_symbols()))
    if prototype == 'perovskite':
        return _perovskite(atoms, species, charges)
    if prototype == 'nafeo2':
        return _nafeo2(atoms, species, charges)
    return _at_distance(atoms, _first_distance(prototype, species, charges))


def _first_volume(prototype, symbols):
    if prototype == 'diamond' and symbols[0] in DIAMOND_VOL:
        return DIAMOND_VOL[symbols[0]] * 2
    return {**ELEMENT_FACTOR, **COMPOUND_FACTOR}[prototype] * sum(VOL[s] for s in symbols)


def _first_distance(prototype, species, charges):
    factor = DISTANCE_FACTOR[prototype]
    if prototype == 'fluorite' and species[1] not in AN:  # antifluorite: the anion comes first
        return factor * .95 * (AN[species[0]][1] + OX[species[1]][charges[1]])
    return factor * (OX[species[0]][charges[0]] + AN[species[1]][1])


def _at_volume(atoms, volume):
    atoms.set_cell(atoms.cell.array * (volume / atoms.get_volume()) ** (1 / 3), scale_atoms=True)
    return atoms


def _at_distance(atoms, distance):
    """Scaled so that the shortest distance between the first atom and one of another element is this."""
    count, symbols = len(atoms), atoms.get_chemical_symbols()
    others = [k for k in range(count) if symbols[k] != symbols[0]]
    many = atoms * (3, 3, 3)
    distances = many.get_distances(13 * count, [cell * count + k for cell in range(27) for k in others])
    atoms.set_cell(atoms.cell.array * (distance / distances.min()), scale_atoms=True)
    return atoms


def _perovskite(atoms, species, charges):
    a, b, x = species
    from_b = 2 * (OX[b][charges[1]] + AN[x][1])
    from_a = 2 ** .5 * (OX[a][charges[0]] * 1.12 + AN[x][1])
    edge = .5 * from_b + .5 * max(from_b, .5 * (from_b + from_a)) if from_a > from_b else .85 * from_b + .15 * from_a
    atoms.set_cell(CUBE * edge, scale_atoms=True)
    return atoms


def _nafeo2(atoms, species, charges):
    """The layers of octahedra from the distances B-X (anions at heights +-h around B) and A-X."""
    x = AN[species[2]][1]
    far, near = OX[species[0]][charges[0]] + x, OX[species[1]][charges[1]] + x
    a = 2 ** .5 * (.6 * near + .4 * far)
    height_b, height_a = (math.sqrt(max(d ** 2 - a * a / 3, .2 * d ** 2)) for d in (near, far))
    c = 6 * (height_a + height_b)
    z = 1 / 3 - height_b / c
    cell = [[a / 2, -a / (2 * 3 ** .5), c / 3], [0, a / 3 ** .5, c / 3], [-a / 2, -a / (2 * 3 ** .5), c / 3]]
    return Atoms(atoms.get_chemical_symbols(), cell=cell, scaled_positions=[HALF, O, (z,) * 3, (1 - z,) * 3], pbc=True)


class _Entries:
    """The list being made. An entry that is there already is not added again."""

    def __init__(self):
        self.jobs, self.seen = [], set()

    def add(self, prototype, species, charges=None):
        key = (prototype, *species)
        if key in self.seen:
            return False
        self.seen.add(key)
        counts = NAME_COUNTS.get(prototype, (1,) * len(species))
        name = ''.join(s + (str(n) if n > 1 else '') for s, n in zip(species, counts))
        self.jobs.append(dict(structure_id=f'{prototype}-{name}', prototype=prototype, species=list(species),
                              ox=list(charges) if charges else None))
        return True


def make_list(seed=20240607):
    """[{structure_id, prototype, species, ox}]: elements interleaved 1:2 with the rest until they run out."""
    entries, rng = _Entries(), random.Random(seed)
    for element in sorted(VOL):
        if element not in ('O', 'F', 'Cl', 'Br', 'I', 'N'):
            for prototype in ('fcc', 'bcc', 'hcp', 'diamond', 'sc'):
                entries.add(prototype, (element,))
    element_count = len(entries.jobs)
    _add_balanced_binaries(entries)
    for a, x, prototype in itertools.product(TM, ('N', 'C', 'P', 'As', 'S', 'Se', 'Te', 'Sb', 'B', 'Si', 'Ge'),
                                             ('rocksalt', 'nias', 'cscl')):
        entries.add(prototype, (a, x))
    _add_intermetallics(entries, rng)
    _add_balanced_ternaries(entries, rng)
    _add_heuslers(entries, rng)
    elements, rest = entries.jobs[:element_count], entries.jobs[element_count:]
    rng.shuffle(rest)
    rng.shuffle(elements)
    out = []
    for i, job in enumerate(elements):
        out += [job, *rest[2 * i:2 * i + 2]] if i < len(elements) - 1 else [job, *rest[2 * i:]]
    return out


def _add_balanced_binaries(entries):
    for a in sorted(OX):
        for q in sorted(OX[a]):
            for x, (z, _) in AN.items():
                if a == x:
                    continue
                if q == -z:
                    for prototype in ('rocksalt', 'cscl', 'zincblende', 'wurtzite', 'nias'):
                        entries.add(prototype, (a, x), (q, z))
                if q == -2 * z:
                    for prototype in ('fluorite', 'cdi2'):
                        entries.add(prototype, (a, x), (q, z))
                if 2 * q == -z:
                    entries.add('fluorite', (x, a), (z, q))
                if q == -3 * z:
                    entries.add('reo3', (a, x), (q, z))


def _add_intermetallics(entries, rng):
    pairs = list(itertools.combinations(sorted(METALS + ['Si', 'Ge', 'B', 'As', 'Sb', 'Bi']), 2))
    rng.shuffle(pairs)
    for a, b in pairs[:520]:
        if rng.random() < .5:
            a, b = b, a
        entries.add('cscl', (a, b))
        for chance, prototype, species in ((.6, 'l10', (a, b)), (.5, 'l12', (a, b)), (.4, 'l12', (b, a)), (.4, 'd03', (a, b)),
                                           (.25, 'd03', (b, a)), (.25, 'rocksalt', (a, b)), (.2, 'zincblende', (a, b))):
            if rng.random() < chance:
                entries.add(prototype, species)
    for a in sorted(METALS):
        for b in ('B', 'Si', 'Ge', 'Al', 'Ga', 'C', 'Be', 'Zn'):
            if a != b:
                entries.add('alb2', (a, b))


def _add_balanced_ternaries(entries, rng):
    found = []
    for x in ('O', 'F', 'Cl', 'Br', 'I', 'S', 'Se', 'N'):
        z = AN[x][0]
        for a, b in itertools.permutations(sorted(OX), 2):
            for qa, qb in itertools.product(sorted(OX[a]), sorted(OX[b])):
                ra, rb = OX[a][qa], OX[b][qb]
                if qa + qb == -3 * z and qa <= qb + (x == 'N') and ra > rb and ra >= .75:
                    found.append(('perovskite', (a, b, x), (qa, qb, z)))
                if qa == 1 and qb == 3 and z == -2:
                    found.append(('nafeo2', (a, b, x), (qa, qb, z)))
    rng.shuffle(found)
    left = {'perovskite': 1100, 'nafeo2': 160}
    for prototype, species, charges in found:
        if left[prototype] > 0:
            left[prototype] -= entries.add(prototype, species, charges)


def _add_heuslers(entries, rng):
    third = ['Al', 'Ga', 'In', 'Tl', 'Si', 'Ge', 'Sn', 'Pb', 'As', 'Sb', 'Bi', 'Zn', 'Mg']
    count = 0
    while count < 800:
        a, b, c = rng.choice(METALS), rng.choice(METALS), rng.choice(third)
        if len({a, b, c}) == 3 and entries.add('heusler', (a, b, c)):
            count += 1
            if rng.random() < .5:
                entries.add('invheusler', (a, b, c))
    first = 'Li Na K Mg Ca Sr Ba Sc Y Ti Zr Hf V Nb Ta Mn Al Ga Cr Mo'.split()
    third = ['Si', 'Ge', 'Sn', 'Pb', 'P', 'As', 'Sb', 'Bi', 'Te', 'Se', 'Al', 'Ga', 'In', 'N']
    count = 0
    while count < 600:
        a, b, c = rng.choice(first), rng.choice(TM + ['Mg', 'Li']), rng.choice(third)
        if len({a, b, c}) == 3 and entries.add('halfheusler', (a, b, c)):
            count += 1
            if rng.random() < .5:
                entries.add('halfheusler', (b, a, c))
