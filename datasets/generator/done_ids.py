"""The ids that a dosmith data set already holds, with the standard library alone: they stand in the header of each
part, a gzipped safetensors file. usage: python3 done_ids.py [FOLDER] prints one id a line."""
import glob
import gzip
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATASET = os.path.join(HERE, '..', 'pbe-prototypes')


def done_ids(folder=DATASET):
    ids = set()
    for path in sorted(glob.glob(os.path.join(folder, 'part-*.safetensors.gz'))):
        with gzip.open(path) as part:
            length, = struct.unpack('<Q', part.read(8))
            ids.update(json.loads(json.loads(part.read(length))['__metadata__']['ids']))
    return ids


if __name__ == '__main__':
    for name in sorted(done_ids(*sys.argv[1:2])):
        print(name)
