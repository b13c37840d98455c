"""Noise, loss, training step and sampler of DOSMatGen (arXiv:2504.06249), as plainly as cspnet.py."""
import math

import torch
from torch.nn.functional import mse_loss


class Schedule:
    """Entry 0 means clean. score_norm: lambda(sigma) of the coordinates' score, [T + 1]."""

    def __init__(self, steps, score_norm=None):
        self.steps = steps
        t = torch.arange(steps + 1, dtype=torch.float64)
        wave = torch.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = torch.cat([torch.zeros(1), (1 - wave[1:] / wave[:-1]).clamp(1e-4, 0.9999).float()])
        # In single precision, as in the reference: the last alpha is 1e-4, and 1 - beta loses half of its digits.
        self.alphas = 1 - betas
        self.alpha_bars = torch.cumprod(self.alphas, 0)
        previous = torch.cat([torch.ones(1), self.alpha_bars[:-1]])
        self.sigmas = torch.where(t > 0, torch.sqrt(betas * (1 - previous) / (1 - self.alpha_bars)), 0.0)
        exponent = (t[1:] - 1) / (steps - 1)
        self.sigma_begin = 0.005
        sigma_x = torch.cat([torch.zeros(1, dtype=torch.float64), self.sigma_begin * (0.5 / self.sigma_begin) ** exponent])
        self.sigma_x = sigma_x.float()
        self.score_norm = torch.ones(steps + 1) if score_norm is None else score_norm


def wrapped_score(x, sigma, images=10):
    """The (positive) score of the wrapped normal, sum_k (x + k) / sigma^2 p_k / sum_k p_k."""
    shifted = x[..., None] + torch.arange(-images, images + 1)
    weights = torch.softmax(-shifted ** 2 / (2 * sigma[..., None] ** 2), dim=-1)
    return (weights * shifted).sum(-1) / sigma ** 2


def losses(net, schedule, batch, noise):
    """batch: types, frac_coords, lattice, t, pairs, dos; noise: types, frac_coords, lattice. The three mean squared errors."""
    t, pairs = batch['t'], batch['pairs']
    bars = schedule.alpha_bars[t]
    signal, rest = bars.sqrt(), (1 - bars).sqrt()
    atom = pairs.crystal
    types = signal[atom, None] * batch['types'] + rest[atom, None] * noise['types']
    lattice = signal[:, None, None] * batch['lattice'] + rest[:, None, None] * noise['lattice']
    sigma = schedule.sigma_x[t][atom, None]
    frac_coords = (batch['frac_coords'] + sigma * noise['frac_coords']) % 1
    score = wrapped_score(sigma * noise['frac_coords'], sigma) / schedule.score_norm[t][atom, None].sqrt()
    found = net(types, frac_coords, lattice, t, pairs, batch['dos'])
    return mse_loss(found[0], noise['types']), mse_loss(found[1], score), mse_loss(found[2], noise['lattice'])


def training_step(net, optimiser, schedule, batch, noise, clip=0.5):
    optimiser.zero_grad(set_to_none=True)
    types, coords, lattice = losses(net, schedule, batch, noise)
    loss = 20 * types + coords + lattice
    loss.backward()
    torch.nn.utils.clip_grad_value_(net.parameters(), clip)
    optimiser.step()
    return loss


def guided(net, types, frac_coords, lattice, t, pairs, dos, weight, mask=None):
    """Classifier-free guidance by two calls of the network."""
    conditional = net(types, frac_coords, lattice, t, pairs, dos, mask)
    free = net(types, frac_coords, lattice, t, pairs)
    return [(1 + weight) * c - weight * f for c, f in zip(conditional, free)]


@torch.no_grad()
def sample(net, schedule, pairs, dos, weight, start, draw, step_size=1e-5, mask=None, at_corrected=True):
    """Predictor-corrector from t = T to 1; yields (types, frac_coords, lattice) after each step. `draw(t, name, like)` gives
    normal numbers. at_corrected: the second evaluation sees the corrected coordinates, or those before the correction."""
    types, x, lattice = start
    for step in range(schedule.steps, 0, -1):
        t = torch.full((len(lattice),), step)
        quiet = step == 1
        sigma, below = schedule.sigma_x[step], schedule.sigma_x[step - 1]
        scale = schedule.score_norm[step].sqrt()
        _, score, _ = guided(net, types, x, lattice, t, pairs, dos, weight, mask)
        s = step_size * (sigma / schedule.sigma_begin) ** 2
        corrected = x - s * score * scale + (0 if quiet else torch.sqrt(2 * s) * draw(step, 'corrector_x', x))
        seen = corrected if at_corrected else x
        eps_types, score, eps_lattice = guided(net, types, seen, lattice, t, pairs, dos, weight, mask)
        variance = sigma ** 2 - below ** 2
        noise = 0 if quiet else torch.sqrt(below ** 2 * variance / sigma ** 2) * draw(step, 'predictor_x', x)
        x = (corrected - variance * score * scale + noise) % 1
        ahead = 0 if quiet else schedule.sigmas[step] * draw(step, 'predictor_lattice', lattice)
        lattice = _ancestral(schedule, step, lattice, eps_lattice) + ahead
        ahead = 0 if quiet else schedule.sigmas[step] * draw(step, 'predictor_type', types)
        types = _ancestral(schedule, step, types, eps_types) + ahead
        yield types, x, lattice


def _ancestral(schedule, step, value, eps):
    alpha = schedule.alphas[step]
    return (value - (1 - alpha) / (1 - schedule.alpha_bars[step]).sqrt() * eps) / alpha.sqrt()
