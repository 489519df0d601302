"""Laws of the deadline: a valid order whatever the clock says, and nothing begun that would end too late."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank import Rerank
from shortlist.rerank.deadline import Deadline
from shortlist.rerank.pace import Pace, longest, pace_of
from shortlist.rerank.readers.plain import PlainReading
from shortlist.rerank.rounds import look


@dataclass
class Slow:
    """Takes its time for each character, and remembers what it was given."""

    seconds: float
    calls: list[list[str]] = field(default_factory=list[list[str]])

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append(list(passages))
        time.sleep(sum(map(len, passages)) * self.seconds)
        return np.array([hash(passage) % 97 for passage in passages], np.float32)


def ranking_of(lengths: Sequence[int]) -> Ranking:
    texts = [chr(97 + i % 26) * length for i, length in enumerate(lengths)]
    return Ranking("q", tuple(Candidate(Chunk(f"c{i}", "d", 0, len(t), t), i + 1) for i, t in enumerate(texts)))


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 400), max_size=40),
    st.floats(0.1, 30),
    st.none() | st.integers(0, 40),
    st.none() | st.sampled_from([0.0, 0.5]),
    st.integers(1, 20),
)
def test_whatever_the_deadline_the_order_is_valid(
    lengths: list[int], deadline_ms: float, depth: int | None, risk: float | None, cutoff: int
) -> None:
    ranking = ranking_of(lengths)
    after = Rerank(Slow(2e-6), depth, deadline_ms=deadline_ms, risk=risk, cutoff=cutoff)(ranking)
    assert Counter(c.chunk.id for c in after) == Counter(c.chunk.id for c in ranking)
    read = [c for c in after if "rerank" in c.scores]
    assert list(after)[: len(read)] == read
    assert all(a.scores["rerank"] >= b.scores["rerank"] for a, b in pairwise(read))
    unread = [c.rank_before or 0 for c in after if "rerank" not in c.scores]
    assert unread == sorted(unread)
    late = [note.data for note in after.notes if note.code == "rerank-partial"]
    assert after.status == ("partial" if late else "full")
    deep = len(ranking[:depth])
    if late:
        assert late == [{"deadline_ms": deadline_ms, "read": len(read), "unread": deep - len(read)}]
    elif risk is None:
        assert len(read) == deep


@dataclass
class Watched:
    """A reading on a clock of its own: so many seconds a character, more or less."""

    seconds: float
    lanes: int = 1
    now: float = 0.0
    noise: float = 0.0
    counting: float = 0.0  # seconds that it takes to learn the work of one candidate
    counted: set[str] = field(default_factory=set[str])
    ends: list[float] = field(default_factory=list[float])  # when each round ended
    rounds: list[list[int]] = field(default_factory=list[list[int]])  # ranks that were read in each
    pace: str = field(default_factory=lambda: f"watched {next(NUMBERS)}")

    def clock(self) -> float:
        return self.now

    def pairs(self, candidate: Candidate) -> list[int]:
        return [len(candidate.chunk.text)]

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        new = {c.chunk.id for c in candidates} - self.counted
        self.counted |= new
        self.now += self.counting * len(new)
        return [float(len(c.chunk.text)) for c in candidates]

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        turn = 1 + self.noise * (-1) ** len(self.ends)
        self.now += self.seconds * turn * longest(self.work(candidates), self.lanes)
        self.ends.append(self.now)
        self.rounds.append([c.rank for c in candidates])
        return [c.scored(rerank=0.0) for c in candidates]


NUMBERS = count()


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=60),
    st.floats(0.01, 3),
    st.sampled_from([1, 2, 4]),
    st.floats(0, 0.3),
)
def test_the_deadline_is_overshot_by_less_than_one_candidate_takes(
    lengths: list[int], seconds: float, lanes: int, noise: float
) -> None:
    reading = Watched(1e-3, lanes, noise=noise)
    candidates = ranking_of(lengths).candidates
    looked = look(reading, candidates, Deadline(seconds, reading.clock))
    slowest = max(lengths) * 1e-3 * (1 + noise)
    assert reading.now < seconds + slowest
    assert len(looked.read) + len(looked.unread) == len(lengths)
    assert looked.late == bool(looked.unread)


@settings(max_examples=60)
@given(st.integers(1, 60), st.floats(0.05, 3), st.sampled_from([1, 2]))
def test_on_a_steady_machine_it_is_not_overshot_and_the_time_is_used(number: int, seconds: float, lanes: int) -> None:
    reading = Watched(1e-3, lanes)
    reading.read(ranking_of([20]).candidates)
    pace_of(reading.pace).saw([20.0], 1, 0.02)
    pace_of(reading.pace).deviation = 0.0
    reading.now, reading.rounds = 0.0, []
    looked = look(reading, ranking_of([20] * number).candidates, Deadline(seconds, reading.clock))
    assert reading.now <= seconds + 1e-9
    read = [rank for ranks in reading.rounds for rank in ranks]
    assert read == list(range(1, len(read) + 1))  # the most promising first
    if looked.late:
        assert reading.now > seconds - 0.02 - 1e-9  # not even one more would have fitted


@settings(max_examples=60)
@given(st.integers(1, 200), st.floats(0.05, 3), st.sampled_from([1, 2, 4]), st.floats(0, 0.02))
def test_counting_tokens_of_what_is_not_read_makes_nothing_late(
    number: int, seconds: float, lanes: int, share: float
) -> None:
    """Candidates of 20 ms; to count the tokens of one of them takes up to a fiftieth of that."""
    reading = Watched(1e-3, lanes, counting=0.02 * share)
    pace_of(reading.pace).saw([20.0], 1, 0.02)
    look(reading, ranking_of([20] * number).candidates, Deadline(seconds, reading.clock))
    assert reading.now <= seconds + 1e-9


def test_an_estimate_that_lets_nothing_be_read_is_put_right() -> None:
    """A machine that was busy once must not be taken for slow forever."""
    reading = Watched(1e-3)
    pace_of(reading.pace).saw([1.0], 1, 5.0)  # a second a candidate is wrong a thousand times
    candidates = ranking_of([10] * 20).candidates
    read: list[int] = []
    for _ in range(20):
        reading.now = 0.0
        read.append(len(look(reading, candidates, Deadline(1.0, reading.clock)).read))
    assert read[0] == 0
    assert read[-1] == 20


def test_a_candidate_too_long_for_the_time_left_is_passed_over_for_the_next() -> None:
    reading = Watched(1e-3)
    looked = look(reading, ranking_of([50, 50_000, 50, 50]).candidates, Deadline(1.0, reading.clock))
    assert [c.rank for c in looked.unread] == [2]
    assert looked.late


def test_a_model_of_unknown_pace_does_not_begin_with_ten_megabytes() -> None:
    reading = Watched(1e-5)
    candidates = ranking_of([10_000_000, 50, 50]).candidates  # the first would take 100 seconds
    looked = look(reading, candidates, Deadline(1.0, reading.clock))
    assert reading.now < 1.0
    assert [c.chunk.text for c in looked.read] == [c.chunk.text for c in candidates[1:]]
    assert (looked.unread, looked.late) == ([candidates[0]], True)
    alone = Watched(1e-5)
    assert len(look(alone, candidates[:1], Deadline(200.0, alone.clock)).read) == 1  # where there is time


def test_where_time_is_up_nothing_is_begun_though_the_pace_is_unknown() -> None:
    reading = Watched(1e-3)
    looked = look(reading, ranking_of([2000, 50]).candidates, Deadline(0.0, reading.clock))
    assert reading.rounds == []
    assert (len(looked.unread), looked.late) == (2, True)


def test_without_a_deadline_everything_is_read_at_once() -> None:
    slow = Slow(0)
    after = Rerank(slow)(ranking_of([5] * 30))
    assert after.status == "full"
    assert [len(call) for call in slow.calls] == [30]


def test_time_enough_reads_everything_and_the_scores_are_those_without_a_deadline(model: CrossEncoderModel) -> None:
    passages = ["the key is old. " * n for n in range(1, 30)]
    hurried = Rerank(model, deadline_ms=60_000)("how is the key rotated", passages)
    assert hurried.status == "full"
    at_leisure = Rerank(model)("how is the key rotated", passages)
    assert [(c.chunk.id, dict(c.scores), c.window) for c in hurried] == [
        (c.chunk.id, dict(c.scores), c.window) for c in at_leisure
    ]


def test_a_deadline_that_has_passed_reads_nothing(model: CrossEncoderModel) -> None:
    after = Rerank(model, deadline_ms=1e-6)("how is the key rotated", ["the key", "the old key"])
    assert [c.chunk.text for c in after] == ["the key", "the old key"]
    assert (after.status, after.scored_by, after.model) == ("partial", "", "")


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.floats(0.001, 1), st.floats(1e-6, 1e-3))
def test_no_round_is_begun_that_the_estimate_says_ends_too_late(
    lengths: list[int], seconds: float, rate: float
) -> None:
    pace = Pace()
    pace.saw([1.0], 1, rate)
    reading = PlainReading(Slow(0), "q")
    waiting = list(ranking_of(lengths))
    deadline = Deadline(time.perf_counter() + seconds)
    chosen, seen = deadline.next(waiting, reading, pace)
    assert chosen == sorted(set(chosen))
    assert all(0 <= i < seen <= len(waiting) for i in chosen)
    assert pace.seconds(reading.work([waiting[i] for i in chosen]), 1) <= seconds
    assert seen > 0


@pytest.mark.parametrize("deadline_ms", [0, -1, float("nan")])
def test_a_deadline_is_a_time_to_come(deadline_ms: float) -> None:
    with pytest.raises(UsageError, match="deadline_ms"):
        Rerank(deadline_ms=deadline_ms)
