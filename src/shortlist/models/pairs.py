"""Many pairs → a logit each, on all cores, alone or in batches of one length.

A batch is made of pairs that are padded to the same multiple of 16 tokens, and which multiple that is depends on the
pair alone: it is computed in the same shape whatever company it has, which the kernels answer with the same bits.
That is tried when a model is loaded; where it does not hold, pairs are run one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged
from shortlist.models.graphs import Graph
from shortlist.models.session import run_each

Pair: TypeAlias = tuple[Sequence[int], Sequence[int]]  # token ids and token types, special tokens included
STEP = 16  # tokens; rows of a tile of AMX
BUDGET = 1024  # tokens of a batch, padding included: larger ones were no faster
TRIED = 160  # tokens of the longer pairs that a model is tried with


class PairRunner:
    """Runs pairs through the graph of a cross-encoder. Thread-safe."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._alone = not graph.batches
        self._alone = self._alone or not self._same_in_company()

    @property
    def batched(self) -> bool:
        """Whether pairs are computed in batches."""
        return not self._alone

    def logits(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """One logit a pair, in the order given.

        Law: a pair's logit is the same to the last bit in any company and order.

        Raises:
            ModelDamaged: the model gives something else than one number, or two (no and yes), a pair.
        """
        batches = list(self._batches(pairs))
        results = run_each(lambda batch: self._run([pairs[i] for i in batch]), batches)
        logits = np.empty(len(pairs), np.float32)
        for batch, result in zip(batches, results, strict=True):
            logits[batch] = result
        return logits

    def _batches(self, pairs: Sequence[Pair]) -> Iterator[list[int]]:
        """Places of pairs of one padded length, the longest first: a long one at the end would keep one core busy."""

        def length(place: int) -> int:
            return self._padded(len(pairs[place][0]))

        for tokens, places in groupby(sorted(range(len(pairs)), key=length, reverse=True), key=length):
            alike = list(places)
            size = 1 if self._alone else max(1, BUDGET // tokens)
            yield from (alike[start : start + size] for start in range(0, len(alike), size))

    def _padded(self, tokens: int) -> int:
        """The length at which a pair is computed; it depends on nothing but its own length."""
        return min(-(-tokens // STEP) * STEP, self._graph.max_tokens) if self._graph.batches else tokens

    def _run(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        length = self._padded(len(pairs[0][0]))
        logits = self._graph.run_padded(pairs, length).reshape(len(pairs), -1)
        if logits.shape[1] == 2:  # no and yes, from an ONNX file: see graphs.head
            return logits[:, 1] - logits[:, 0]
        if logits.shape[1] != 1:
            raise ModelDamaged(
                f"{self._graph.name} gives {logits.shape[1]} numbers a pair; a reranker gives 1 (a score) or 2 (no "
                "and yes).",
                name=self._graph.name,
            )
        return logits[:, 0]

    def _same_in_company(self) -> bool:
        """Whether pairs have the same bits alone and in a batch."""
        generator = np.random.RandomState(0)
        for length in (self._padded(STEP), self._padded(TRIED)):
            texts = generator.randint(0, 16, (BUDGET // TRIED, length)).tolist()
            pairs: list[Pair] = [(ids[i:], [0] * (length - i)) for i, ids in enumerate(texts)]
            together = self._run(pairs)
            if any(self._run([pairs[i]])[0] != together[i] for i in (0, len(pairs) - 1)):
                return False
        return True
