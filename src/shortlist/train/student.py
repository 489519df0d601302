"""The student: a tower that learns, with the projection of its token vectors that late interaction will use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from shortlist.models.packing import LEVELS
from shortlist.train.lists import TrainingList
from shortlist.train.tower import Texts, Tower, maxsim

LATE_LAYER = -2  # docs/decisions/003-late-interaction.md
LONGEST_QUERY = 64
LONGEST_PASSAGE = 320


class Student:
    """Scores of a list by cosine and by MaxSim over packed token vectors, with gradients.

    The weights that run are bfloat16; those that learn are float32 copies of them. Embeddings and the lowest layers are
    not trained: they hold the vocabulary of texts that the training text lacks.
    """

    def __init__(self, base: Path, projection: Tensor, frozen: int) -> None:
        self.tower = Tower(base, LATE_LAYER)
        self.tower.model.requires_grad_(False)
        # The fused attention of torch is twice as slow backwards on a CPU, and half of all the time.
        self.tower.model.set_attn_implementation("eager")
        for layer in self.tower.model.encoder.layer[frozen:]:
            layer.requires_grad_(True)
        self.projection = nn.Parameter(projection.clone())
        self.sharpness = nn.Parameter(torch.zeros(2))  # logarithms: of cosine, of MaxSim
        named: list[tuple[str, nn.Parameter]] = [
            (name, weight) for name, weight in self.tower.model.named_parameters() if weight.requires_grad
        ]
        self.names = [name for name, _ in named]  # as Hugging Face has them
        self.running = [weight for _, weight in named]
        self.learning = [nn.Parameter(weight.detach().float()) for weight in self.running]

    def scores(self, each: TrainingList) -> tuple[Tensor, Tensor]:
        """Cosine and MaxSim, float32 [queries, passages] both."""
        queries = self.tower.encode(each.asked, "query", LONGEST_QUERY)
        passages = self.tower.encode(each.passages, "passage", LONGEST_PASSAGE)
        return queries.vectors @ passages.vectors.T, maxsim(self._late(queries), self._late(passages, LEVELS))

    def _late(self, texts: Texts, levels: int = 0) -> Texts:
        tokens = normalize(texts.tokens, dim=-1) @ self.projection
        if levels:
            # Rounded as the index rounds them; the gradient passes as if they were not.
            largest = tokens.detach().abs().amax(dim=-1, keepdim=True).clamp(min=1e-9)
            rounded = torch.round(tokens.detach() * (levels / largest)) * (largest / levels)
            tokens = tokens + (rounded - tokens.detach())
        return Texts(texts.vectors, normalize(tokens, dim=-1), texts.mask)

    def collect(self) -> float:
        """Move the gradients to the weights that learn; gives their norm, cut at 1."""
        for learning, running in zip(self.learning, self.running, strict=True):
            learning.grad = None if running.grad is None else running.grad.float()
            running.grad = None
        return float(nn.utils.clip_grad_norm_([*self.learning, self.projection], 1.0))

    def spread(self) -> None:
        """Copy the weights that learnt to those that run."""
        with torch.no_grad():
            for learning, running in zip(self.learning, self.running, strict=True):
                running.copy_(learning)

    def restore(self, learning: Sequence[Tensor], projection: Tensor, sharpness: Tensor) -> None:
        """Take up what a checkpoint holds."""
        with torch.no_grad():
            for mine, stored in zip(self.learning, learning, strict=True):
                mine.copy_(stored)
            self.projection.copy_(projection)
            self.sharpness.copy_(sharpness)
        self.spread()

    def learnt(self) -> dict[str, NDArray[np.float32]]:
        """The weights that learnt, float32, under their Hugging Face names."""
        return {name: weight.detach().numpy().copy() for name, weight in zip(self.names, self.learning, strict=True)}
