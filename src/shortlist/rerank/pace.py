"""How fast a model works here and now: a running estimate, kept for each model as long as the process lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

MARGIN = 2  # mean deviations above the mean: what a round takes at most, nearly always
SHORT = 0.25  # of the usual work: few candidates have less


@dataclass
class Pace:
    """Seconds that a unit of work takes, and how much that varies.

    Mean and mean deviation are smoothed as in Jacobson, SIGCOMM 1988: a machine that becomes slower is followed within
    a few rounds. Thread-safe.
    """

    mean: float = 0.0
    deviation: float = 0.0
    rounds: int = 0
    usual: float = 0.0  # work of one candidate

    def __post_init__(self) -> None:
        self._lock = Lock()

    @property
    def known(self) -> bool:
        """Whether anything was measured yet."""
        return self.rounds > 0

    def seconds(self, work: Sequence[float], lanes: int) -> float:
        """How long this takes at most, nearly always; 0 before anything was measured."""
        with self._lock:
            return (self.mean + MARGIN * self.deviation) * longest(work, lanes)

    def expected(self, work: Sequence[float], lanes: int) -> float:
        """How long this takes on average."""
        with self._lock:
            return self.mean * longest(work, lanes)

    def short(self) -> float:
        """Seconds in which hardly any candidate can be read; 0 before anything was measured."""
        with self._lock:
            return self.mean * SHORT * self.usual

    def saw(self, work: Sequence[float], lanes: int, seconds: float) -> None:
        """Learn from a round that took so long."""
        if not work:
            return
        rate, one = seconds / longest(work, lanes), sum(work) / len(work)
        with self._lock:
            if not self.rounds:
                self.mean, self.deviation, self.usual = rate, rate / 4, one
            else:
                self.deviation += (abs(rate - self.mean) - self.deviation) / 4
                self.mean += (rate - self.mean) / 4
                self.usual += (one - self.usual) / 4
            self.rounds += 1

    def doubt(self) -> None:
        """Believe half of it: an estimate that lets nothing be read would never be put right."""
        with self._lock:
            self.mean, self.deviation = self.mean / 2, self.deviation / 2


def longest(work: Sequence[float], lanes: int) -> float:
    """Work of the busiest of `lanes` that share it evenly: no less than the largest piece."""
    return max(max(work, default=0.0), sum(work) / max(lanes, 1))


_paces: dict[str, Pace] = {}
_lock = Lock()


def pace_of(name: str) -> Pace:
    """The one estimate of this name in the process."""
    with _lock:
        return _paces.setdefault(name, Pace())
