"""The ids that a dosmith data set already holds, so that growth in a fresh checkout begins where the last one ended."""
import glob
import gzip
import json
import os
import struct

import numpy as np

DATASET = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'pbe-prototypes')


def bundled_ids(recipe, folder=DATASET):
    """Ids of the records that a recipe made. Each part is a gzipped safetensors file: the length of a JSON header, the
    header, the columns."""
    ids = set()
    for path in sorted(glob.glob(os.path.join(folder, 'part-*.safetensors.gz'))):
        with gzip.open(path) as part:
            length, = struct.unpack('<Q', part.read(8))
            header = json.loads(part.read(length))
            column = header.get('property.recipe')
            if column is None:  # the first set does not say its recipe
                continue
            start, end = column['data_offsets']
            part.seek(8 + length + start)
            recipes = np.frombuffer(part.read(end - start), '<f4')
            names = json.loads(header['__metadata__']['ids'])
            ids.update(name for name, made_by in zip(names, recipes, strict=True) if made_by == recipe)
    return ids
