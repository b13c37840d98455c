"""Whether the peer computes what the reference implementation does.
usage: python3 check.py dosmatgen-reference.json     exit status 1 if anything is further off than its tolerance"""
import json
import sys

import torch

from cspnet import CspNet, Pairs, Size, time_embedding
from diffusion import Schedule, losses, sample, training_step

failed = 0


def tensor(entry, dtype=torch.float32):
    if isinstance(entry, dict):
        return torch.tensor(entry['data'], dtype=dtype).reshape(entry['shape'])
    return torch.tensor(entry, dtype=dtype)


def compare(name, found, wanted, tolerance):
    """The largest difference, relative to the largest value where that is above 1."""
    global failed
    error = float((found.double() - wanted.double()).abs().max() / max(1.0, float(wanted.double().abs().max())))
    failed += not error <= tolerance
    print(f'{"pass" if error <= tolerance else "FAIL"}  {name}: {error:.1e} (at most {tolerance:.0e})')


def cell(entry):
    """Rows from lengths and angles: c along z, a in the xz plane, b with the rest (the reference's canonical frame)."""
    lengths, angles = tensor(entry['lengths']), torch.deg2rad(tensor(entry['angles_deg']))
    (a, b, c), (alpha, beta, gamma) = lengths.T, angles.T
    inner = (alpha.cos() * beta.cos() - gamma.cos()) / (alpha.sin() * beta.sin())
    star = torch.arccos(inner.clamp(-1, 1))
    zero = torch.zeros_like(a)
    rows = [torch.stack([a * beta.sin(), zero, a * beta.cos()], 1),
            torch.stack([-b * alpha.sin() * star.cos(), b * alpha.sin() * star.sin(), b * alpha.cos()], 1),
            torch.stack([zero, zero, c], 1)]
    return torch.stack(rows, 1)


def one_hot(numbers):
    return torch.nn.functional.one_hot(tensor(numbers, torch.long) - 1, 100).float()


def main(path):
    with open(path) as file:
        data = json.load(file)
    c = data['config']
    size = Size(c['hidden_dim'], c['num_layers'], c['num_freqs'], c['time_dim'], c['pred_dim'], c['max_atoms'])
    weights = {name.removeprefix('decoder.'): tensor(value) for name, value in data['state_dict'].items()}
    net = CspNet(size)
    net.load_state_dict(weights)
    schedule = Schedule(c['timesteps'], tensor(data['sigma_x_norm_used']))
    for name, found in [('alphas_cumprod', schedule.alpha_bars), ('sigmas', schedule.sigmas), ('sigma_x', schedule.sigma_x)]:
        compare(f'schedule, {name}', found, tensor(data['schedule_T20'][name]), 1e-6)
    times = data['time_embedding_dim16']
    compare('time embedding', time_embedding(tensor(times['t']), 16), tensor(times['value']), 1e-5)
    with torch.no_grad():
        check_network(net, data['denoiser'], data['dos_prediction'])
    check_sampler(net, schedule, data, 'cfg_sample', at_corrected=False)
    check_sampler(net, schedule, data, 'masked_cfg_sample', at_corrected=True)
    check_training(net, schedule, data)
    sys.exit(1 if failed else 0)


def check_network(net, d, forward):
    pairs = Pairs.of(tensor(d['num_atoms'], torch.long))
    inputs = tensor(d['atom_type']), tensor(d['frac_coords']), tensor(d['lattice']), tensor(d['t']), pairs
    dos, mask = tensor(d['y']), tensor(d['mask'])
    for name, options in [('conditional', (dos,)), ('unconditional', ()), ('masked', (dos, mask))]:
        for key, found in zip(('eps_type', 'eps_x', 'eps_lattice'), net(*inputs, *options)):
            compare(f'denoiser, {name}, {key}', found, tensor(d[name][key]), 2e-6)
    found = net.predict_dos(one_hot(forward['atomic_number']), tensor(forward['frac_coords']), cell(forward), pairs)
    compare('forward model', found, tensor(forward['node']), 1e-5)


def check_training(net, schedule, data):
    d = data['training_loss']
    batch = dict(types=one_hot(d['atomic_number']), frac_coords=tensor(d['frac_coords']), lattice=cell(d), dos=tensor(d['y']),
                 t=tensor(d['t'], torch.long), pairs=Pairs.of(tensor(d['num_atoms'], torch.long)))
    noise = dict(types=tensor(d['noise_type']), frac_coords=tensor(d['noise_x']), lattice=tensor(d['noise_lattice']))
    types, coords, lattice = losses(net, schedule, batch, noise)
    for name, found in [('type', types), ('coord', coords), ('lattice', lattice)]:
        compare(f'loss, {name}', found.detach(), tensor(d[f'loss_{name}']), 1e-5)
    (20 * types + coords + lattice).backward()
    gradients = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    worst = max(gradients, key=lambda name: float((gradients[name] - tensor(d['grad'][f'decoder.{name}'])).abs().max()))
    compare(f'all gradients; the worst, {worst}', gradients[worst], tensor(d['grad'][f'decoder.{worst}']), 1e-4)
    steps = data['adam_three_steps']
    optimiser = torch.optim.Adam(net.parameters(), lr=steps['lr'], betas=steps['betas'], eps=steps['eps'])
    before = [float(training_step(net, optimiser, schedule, batch, noise, steps['clip_value']).detach()) for _ in range(3)]
    compare('loss before each of three steps of Adam', torch.tensor(before), tensor(steps['loss_before_each_step']), 1e-5)
    for name, value in steps['after'].items():
        found = dict(net.named_parameters())[name.removeprefix('decoder.')].detach()
        compare(f'after three steps, {name}', found, tensor(value), 1e-4)


def check_sampler(net, schedule, data, name, at_corrected):
    d, base = data[name], data['cfg_sample']
    pairs = Pairs.of(tensor(base['num_atoms'], torch.long))
    draws = {entry['t']: entry for entry in d['noise']}
    start = tensor(d['initial_type']), tensor(d['initial_frac_coords']), tensor(d['initial_lattice'])
    mask = tensor(d['mask']) if 'mask' in d else None
    steps = list(sample(net, schedule, pairs, tensor(base['y']), d['w'], start, lambda t, key, _: tensor(draws[t][key]),
                        d['step_lr'], mask, at_corrected))
    lattices = torch.stack([start[2]] + [lattice for _, _, lattice in steps])
    compare(f'{name}, lattices', lattices, tensor(d['lattice_by_step']), 1e-5)
    difference = torch.stack([start[1]] + [x for _, x, _ in steps]) - tensor(d['frac_coords_by_step'])
    compare(f'{name}, coordinates', difference - difference.round(), torch.zeros_like(difference), 1e-5)
    numbers = steps[-1][0].argmax(1) + 1
    compare(f'{name}, elements', numbers, tensor(d['final_atomic_number']), 0)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
