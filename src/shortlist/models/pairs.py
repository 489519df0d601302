"""Many pairs → a logit each: on all cores or on a GPU, alone or in batches of one length.

A batch is made of pairs that are padded to the same multiple of some tokens, and which multiple that is depends on the
pair alone. On the processor its kernels then give the same bits whatever company a pair has; a GPU's are chosen by how
many rows there are, so that there every batch of one length has the same number of pairs, copies where there are too
few. That the bits are the same is tried when a model is loaded; where they are not, pairs are run one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged
from shortlist.models.graphs import Graph
from shortlist.models.runtimes.device import CPU
from shortlist.models.runtimes.session import cores, run_each

Pair: TypeAlias = tuple[Sequence[int], Sequence[int]]  # token ids and token types, special tokens included
USUAL = 160  # tokens of a pair of usual length


class PairRunner:
    """Runs pairs through the graph of a cross-encoder. Thread-safe."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._batching = graph.batching
        if not self._same_in_company():
            self._batching = None

    @property
    def lanes(self) -> int:
        """How many pairs of usual length are computed at once: a call with fewer wastes some of its speed."""
        batches = cores() if self._graph.device == CPU else 1
        return batches * self._size(self._padded(USUAL))

    def logits(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """One logit a pair, in the order given.

        Law: a pair's logit is the same to the last bit in any company and order.

        Raises:
            ModelDamaged: the model gives something else than one number, or two (no and yes), a pair.
        """

        def run(batch: list[int]) -> NDArray[np.float32]:
            return self._run([pairs[i] for i in batch])

        batches = list(self._batches(pairs))
        results = run_each(run, batches) if self._graph.device == CPU else map(run, batches)
        logits = np.empty(len(pairs), np.float32)
        for batch, result in zip(batches, results, strict=True):
            logits[batch] = result
        return logits

    def _batches(self, pairs: Sequence[Pair]) -> Iterator[list[int]]:
        """Places of pairs of one padded length, the longest first: a long one at the end would keep one core busy."""

        def length(place: int) -> int:
            return self._padded(len(pairs[place][0]))

        for tokens, places in groupby(sorted(range(len(pairs)), key=length, reverse=True), key=length):
            alike, size = list(places), self._size(tokens)
            yield from (alike[start : start + size] for start in range(0, len(alike), size))

    def _padded(self, tokens: int) -> int:
        """The length at which a pair is computed; it depends on nothing but its own length."""
        if self._graph.batching is None:
            return tokens
        step = self._graph.batching.step
        return min(-(-tokens // step) * step, self._graph.max_tokens)

    def _size(self, length: int) -> int:
        """The most pairs of this length that are computed together."""
        return 1 if self._batching is None else self._batching.size(length)

    def _run(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        length = self._padded(len(pairs[0][0]))
        missing = self._size(length) - len(pairs) if self._batching is not None and self._batching.filled else 0
        given = [*pairs, *[pairs[0]] * missing]
        logits = self._graph.run_padded(given, length).reshape(len(given), -1)[: len(pairs)]
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
        """Whether pairs have the same bits alone and in a full batch, at its beginning and its end."""
        if self._batching is None:
            return True
        generator = np.random.RandomState(0)
        for length in {self._padded(1), self._padded(USUAL)}:
            texts = generator.randint(0, 16, (self._size(length), length)).tolist()
            pairs: list[Pair] = [(ids[i % 8 :], [0] * (length - i % 8)) for i, ids in enumerate(texts)]
            together = self._run(pairs)
            if any(self._run([pairs[i]])[0] != together[i] for i in (0, len(pairs) - 1)):
                return False
        return True
