"""Answers `npm run bench` with times: JSON lines in, JSON lines out.
  {"prepare": NAME, "case": "guided" | "training" | "sampling", "crystals": B, "atoms": N, "compile": false}  -> {"parameters": ...}
  {"run": NAME} -> {"ms": ...}      {"drop": NAME} -> {}      {"peak": REPEATS} -> {"gflops": ...}
usage: python3 serve.py THREADS"""
import json
import sys
import time

import torch

from cspnet import CspNet, Pairs, Size
from diffusion import Schedule, guided, sample, training_step


def guided_case(crystals, atoms, compile):
    """Two calls of the network, as the reference makes them; the state changes from step to step as it does in a sampler."""
    net = CspNet(Size()).eval()
    call = torch.compile(net) if compile else net
    types, x, lattice, pairs, dos = block(crystals, atoms)
    t = torch.full((crystals,), 500)

    @torch.no_grad()
    def run():
        guided(call, types, x, lattice, t, pairs, dos, 2.0)
    return net, run


def training_case(crystals, atoms, compile):
    net = CspNet(Size()).train()
    call = torch.compile(net) if compile else net
    schedule = Schedule(1000)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-6)
    types, x, lattice, pairs, dos = block(crystals, atoms)

    def run():
        noise = dict(types=torch.randn_like(types), frac_coords=torch.randn_like(x), lattice=torch.randn_like(lattice))
        t = torch.randint(1, 1001, (crystals,))
        batch = dict(types=types, frac_coords=x, lattice=lattice, dos=dos, t=t, pairs=pairs)
        training_step(call, optimiser, schedule, batch, noise)
    return net, run


def sampling_case(crystals, atoms, compile):
    """One step of the predictor-corrector sampler, two guided evaluations, out of 1000."""
    net = CspNet(Size()).eval()
    call = torch.compile(net) if compile else net
    types, x, lattice, pairs, dos = block(crystals, atoms)
    steps = sample(call, Schedule(1000), pairs, dos, 2.0, (types, x, lattice), lambda t, name, like: torch.randn_like(like))
    return net, lambda: next(steps)


def block(crystals, atoms):
    pairs = Pairs.of(torch.full((crystals,), atoms))
    count = crystals * atoms
    return torch.randn(count, 100), torch.rand(count, 3), torch.randn(crystals, 3, 3), pairs, torch.rand(count, 400)


def peak(repeats, sizes=(512, 1024)):
    """GFLOP/s of the best product of two square matrices."""
    found = []
    for size in sizes:
        a, b = torch.randn(size, size), torch.randn(size, size)
        torch.mm(a, b)
        for _ in range(repeats):
            start = time.perf_counter()
            torch.mm(a, b)
            found.append(2 * size ** 3 / (time.perf_counter() - start) / 1e9)
    return max(found)


def answer(message, cases):
    if 'peak' in message:
        return {'gflops': peak(message['peak'])}
    if 'drop' in message:
        del cases[message['drop']]
        return {}
    if 'run' in message:
        start = time.perf_counter()
        cases[message['run']]()
        return {'ms': 1e3 * (time.perf_counter() - start)}
    make = {'guided': guided_case, 'training': training_case, 'sampling': sampling_case}[message['case']]
    net, run = make(message['crystals'], message['atoms'], message.get('compile', False))
    cases[message['prepare']] = run
    return {'parameters': sum(p.numel() for p in net.parameters()), 'torch': torch.__version__,
            'threads': torch.get_num_threads()}


def main(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    cases = {}
    for line in sys.stdin:
        try:
            found = answer(json.loads(line), cases)
        except Exception as error:  # the bench says what went wrong with which request
            found = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(found), flush=True)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(int(sys.argv[1]))
