"""Laws of the estimate: what it counts is what is run, and asking costs little."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.models import CrossEncoderModel
from shortlist.models.runtimes.session import cores
from shortlist.rerank import Rerank
from shortlist.rerank.estimate import ROUNDS

QUERY = "how is the key rotated 如何轮换密钥"


@dataclass
class Counts:
    """Counts the passages that it is given."""

    given: int = 0
    seconds: float = 0.0  # that each of them takes
    lock: threading.Lock = field(default_factory=threading.Lock)

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        with self.lock:
            self.given += len(passages)
        time.sleep(self.seconds * len(passages))
        return np.zeros(len(passages), np.float32)


@settings(max_examples=20)
@given(st.lists(st.text("the key is old. 轮换密钥 ", max_size=500), max_size=30), st.none() | st.integers(0, 30))
def test_pairs_and_tokens_are_those_that_are_run(
    model: CrossEncoderModel, passages: list[str], depth: int | None
) -> None:
    found = Rerank(model, depth).estimate(QUERY, passages)
    read = model.read(QUERY, passages[:depth])
    beside = model.tokenizer.count(QUERY) + model.tokenizer.pair_specials
    assert found.candidates == len(passages[:depth])
    assert found.pairs == sum(reading.windows for reading in read)
    assert found.tokens is not None
    assert found.tokens >= sum(reading.tokens + reading.windows * beside for reading in read)
    if found.pairs == found.candidates:
        assert found.tokens == sum(reading.tokens + beside for reading in read)
    assert found.measured <= min(ROUNDS * cores(), found.candidates)
    assert (found.seconds > 0) == bool(found.candidates)


def test_only_a_few_are_read_to_know() -> None:
    counts = Counts()
    found = Rerank(counts).estimate("query", ["passage"] * 500)
    assert counts.given == found.measured == ROUNDS
    assert (found.candidates, found.pairs, found.tokens) == (500, 500, None)


def test_the_seconds_are_those_of_all_of_them() -> None:
    found = Rerank(Counts(seconds=0.002)).estimate("query", ["passage"] * 500)
    assert 1 <= found.seconds * (1 + 1e-9) < 30  # sleep may last longer, and never less


def test_twice_as_much_takes_about_twice_as_long(model: CrossEncoderModel) -> None:
    few = Rerank(model).estimate(QUERY, ["the key is old. " * 10] * 20)
    many = Rerank(model).estimate(QUERY, ["the key is old. " * 10] * 2000)
    assert 5 < many.seconds / few.seconds < 2000
