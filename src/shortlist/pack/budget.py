"""Best first, what fits: the budget is counted exactly over the whole text and never exceeded.

Token counts do not add up exactly where two texts meet. So the sum of the parts says what to try, and the count of
the whole text, made once at the end, decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.pack.label import SEPARATOR, joined, rendered
from shortlist.pack.merge import Stretch, placed
from shortlist.pack.meter import Meter
from shortlist.records import Candidate, Dropped


@dataclass(frozen=True, slots=True)
class Packing:
    """Stretches in order, and the candidates that were left out, with why."""

    stretches: tuple[Stretch, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def fitted(self, budget: int, meter: Meter) -> Packing:
        """The same without what the exact count of the whole text has no room for, left out from the end."""
        stretches, dropped = self.stretches, list(self.dropped)
        while (tokens := meter.count(joined(stretches))) > budget:
            why = f"does not fit: with it the text has {tokens} tokens, the budget is {budget}"
            dropped += [Dropped(candidate.chunk.id, why) for candidate in stretches[-1].candidates]
            stretches = stretches[:-1]
        return Packing(stretches, tuple(dropped))


class Filling:
    """A prompt being filled: its stretches, and their tokens as the sum of the parts."""

    def __init__(self, budget: int, meter: Meter) -> None:
        self.stretches: tuple[Stretch, ...] = ()
        self._tokens = 0
        self._budget = budget
        self._meter = meter
        # With a full stop and a label, which some tokenizers join with the blank lines between them.
        self._between = meter.count(f".{SEPARATOR}[1]") - meter.count(".") - meter.count("[1]")

    def take(self, candidate: Candidate, limit: int | None = None) -> str:
        """Place a candidate if there is room for it. Returns why there is not, or nothing."""
        trial = placed(self.stretches, candidate)
        if limit is not None and len(trial) > limit:
            return f"over the limit of {limit} passages"
        if len(trial) > len(self.stretches):  # the others stay as they are
            before = self._tokens + (self._between if self.stretches else 0)
            changed = [rendered(len(trial), trial[-1])]
        else:
            before = self._between * (len(trial) - 1)
            changed = [rendered(number, stretch) for number, stretch in enumerate(trial, 1)]
        for text in changed:
            if self._meter.exceeds(text, self._budget - before):
                return f"does not fit: {max(0, self._budget - self._tokens)} of {self._budget} tokens are left"
            before += self._meter.count(text)
        self.stretches, self._tokens = trial, before
        return ""


def pack(candidates: Sequence[Candidate], budget: int, meter: Meter, *, limit: int | None = None) -> Packing:
    """Take candidates in their order as long as they fit; one that does not fit is named and the next is tried.

    What is packed is within the budget by the sum of its parts; `Packing.fitted` makes sure of the whole.

    Args:
        candidates: best first.
        budget: tokens of `meter` that the joined text may have.
        meter: counts them.
        limit: the largest number of passages, if there is one.
    """
    filling = Filling(budget, meter)
    dropped: list[Dropped] = []
    packed: dict[str, str] = {}  # text → id of the chunk that brought it
    for candidate in candidates:
        chunk, text = candidate.chunk, candidate.chunk.text.strip()
        if not text:
            why = "empty"
        elif text in packed:
            why = f"the same text as {packed[text]}"
        else:
            why = filling.take(candidate, limit)
        if why:
            dropped.append(Dropped(chunk.id, why))
        else:
            packed[text] = chunk.id
    return Packing(filling.stretches, tuple(dropped))
