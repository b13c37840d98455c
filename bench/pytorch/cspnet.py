"""The denoiser of DOSMatGen (arXiv:2504.06249) in plain eager PyTorch, as one writes it from the equations: a ragged batch of
crystals, every ordered pair of atoms of a crystal an edge. This is the peer of `npm run bench`, not part of dosmith."""
import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import silu


@dataclass(frozen=True)
class Size:
    hidden: int = 512
    layers: int = 6
    frequencies: int = 128
    time: int = 256
    dos_points: int = 400
    classes: int = 100


@dataclass(frozen=True)
class Pairs:
    """The edges of a ragged batch, sorted by receiver."""
    counts: torch.Tensor
    """[B] atoms of each crystal"""
    crystal: torch.Tensor
    """[A] the crystal of each atom"""
    receiver: torch.Tensor
    sender: torch.Tensor
    """[E] atoms"""

    @classmethod
    def of(cls, counts):
        first = torch.cumsum(counts, 0) - counts
        crystal = torch.repeat_interleave(torch.arange(len(counts)), counts)
        receiver = torch.repeat_interleave(torch.arange(len(crystal)), counts[crystal])
        edges = torch.arange(len(receiver))
        begin = torch.cumsum(counts[crystal], 0) - counts[crystal]
        sender = first[crystal[receiver]] + edges - begin[receiver]
        return cls(counts, crystal, receiver, sender)


def mean_by(values, index, counts):
    """[G, H]: the mean of the rows that belong to each of G groups."""
    sums = values.new_zeros(len(counts), values.shape[1]).index_add(0, index, values)
    return sums / counts[:, None]


def time_embedding(t, size):
    half = size // 2
    frequencies = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
    angles = t[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Layer(nn.Module):
    def __init__(self, size):
        super().__init__()
        h = size.hidden
        self.layer_norm = nn.LayerNorm(h)
        self.edge_mlp = nn.Sequential(nn.Linear(2 * h + 9 + 6 * size.frequencies, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU())
        self.node_mlp = nn.Sequential(nn.Linear(2 * h, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU())

    def forward(self, h, metric, waves, pairs):
        normed = self.layer_norm(h)
        edges = torch.cat([normed[pairs.receiver], normed[pairs.sender], metric, waves], dim=1)
        messages = mean_by(self.edge_mlp(edges), pairs.receiver, pairs.counts[pairs.crystal])
        return h + self.node_mlp(torch.cat([normed, messages], dim=1))


class CspNet(nn.Module):
    """types [A, C], frac_coords [A, 3], lattice [B, 3, 3] (rows are vectors, Angstrom), t [B]; dos [A, points] or None for the
    unconditional branch; mask [A, 1]. Returns (noise of the types, score of the coordinates, noise of the lattice)."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        h = size.hidden
        self.node_embedding = nn.Linear(size.classes, h)
        self.y_projection = nn.Linear(size.dos_points, h)
        self.atom_latent_emb = nn.Linear(h + size.time, h)
        for k in range(size.layers):
            self.add_module(f'csp_layer_{k}', Layer(size))
        self.final_layer_norm = nn.LayerNorm(h)
        self.coord_out = nn.Linear(h, 3, bias=False)
        self.type_out = nn.Linear(h, size.classes)
        self.lattice_out = nn.Linear(h, 9, bias=False)
        self.node_out = nn.Linear(h, size.dos_points, bias=False)
        self.register_buffer('frequencies', 2 * math.pi * torch.arange(size.frequencies), persistent=False)

    def forward(self, types, frac_coords, lattice, t, pairs, dos=None, mask=None):
        h = self._features(types, frac_coords, lattice, time_embedding(t, self.size.time), pairs, dos, mask)
        cell = mean_by(h, pairs.crystal, pairs.counts)
        return self.type_out(h), self.coord_out(h), self.lattice_out(cell).view(-1, 3, 3) @ lattice

    def predict_dos(self, types, frac_coords, lattice, pairs):
        """The forward model: [A, points], standardised."""
        nothing = torch.zeros(len(lattice), self.size.time)
        return self.node_out(self._features(types, frac_coords, lattice, nothing, pairs))

    def _features(self, types, frac_coords, lattice, time, pairs, dos=None, mask=None):
        h = self.node_embedding(types)
        if dos is not None:
            projected = self.y_projection(dos)
            h = h + (projected if mask is None else projected * mask)
        h = self.atom_latent_emb(torch.cat([h, time[pairs.crystal]], dim=1))
        offsets = (frac_coords[pairs.sender] - frac_coords[pairs.receiver]) % 1
        angles = (offsets[:, :, None] * self.frequencies).flatten(1)
        waves = torch.cat([angles.sin(), angles.cos()], dim=1)
        metric = (lattice @ lattice.mT).flatten(1)[pairs.crystal[pairs.receiver]]
        for k in range(self.size.layers):
            h = getattr(self, f'csp_layer_{k}')(h, metric, waves, pairs)
        return self.final_layer_norm(h)
