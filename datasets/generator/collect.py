"""Gathers what the workers computed into one file for `dosmith data build`, with energies at one cut-off.

usage: python3 collect.py OUT.jsonl.gz FOLDER ...
Records computed before references.json was there have their energy at their own cut-off; they are brought to the common
one here. Every record gets formation_energy_eV_per_atom. Repeated ids: the first counts. OUT.elements.json gets the
elements' energies. Prints what it holds."""
import gzip
import json
import os
import sys
from collections import Counter

from ase.data import chemical_symbols

from crystal_record import COMMON_CUTOFF, REFERENCES, to_common_cutoff
from store import read_lines, reduced_formula, reserved


def finished(record, references):
    """The record with its energy at the common cut-off and its formation energy. A crystal with an element that was never
    computed by itself, because its formula is reserved for the referee, keeps its energy at its own cut-off and gets no
    formation energy: it is on no hull."""
    symbols = [chemical_symbols[z] for z in record['atomic_numbers']]
    if reserved(reduced_formula(symbols)):
        raise ValueError(f"{record['structure_id']}: the formula is reserved")
    own = record.get('energy_ecut_eV', record['ecut_eV'])
    shift = to_common_cutoff(symbols, own)
    if shift is None:
        unknown = [s for s in set(symbols) if s not in references[str(COMMON_CUTOFF)]]
        if not all(map(reserved, unknown)) or not unknown:
            raise ValueError(f"{record['structure_id']}: no reference energies at {own} and {COMMON_CUTOFF} eV")
        return dict(record, energy_ecut_eV=own)
    energy = record['energy_per_atom_eV'] + shift / len(symbols)
    found = dict(record, energy_per_atom_eV=round(energy, 5), energy_ecut_eV=COMMON_CUTOFF)
    if all(s in references[str(COMMON_CUTOFF)] for s in symbols):
        elements = sum(references[str(COMMON_CUTOFF)][s]['energy_per_atom_eV'] for s in symbols) / len(symbols)
        found['formation_energy_eV_per_atom'] = round(energy - elements, 5)
    return found


def main(out, folders):
    with open(REFERENCES) as file:
        references = json.load(file)
    kinds, seen = Counter(), set()
    with gzip.open(f'{out}.part', 'wt') as file:
        for record in read_lines(*(f'{folder}/records_w*.jsonl*' for folder in folders)):
            if record['structure_id'] in seen:
                continue
            seen.add(record['structure_id'])
            kinds[record['kind']] += 1
            file.write(json.dumps(finished(record, references)) + '\n')
    os.replace(f'{out}.part', out)
    with open(out.replace('.jsonl.gz', '') + '.elements.json', 'w') as file:
        json.dump(references[str(COMMON_CUTOFF)], file, indent=1)
    print(f'{len(seen)} records:', ', '.join(f'{kind} {count}' for kind, count in kinds.most_common()))


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
