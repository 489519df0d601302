"""Best first, what fits: the budget is counted exactly over the whole text and never exceeded.

Token counts do not add up exactly where two texts meet, so a sum of parts only suggests, and the count of the whole
text decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shortlist.pack.label import SEPARATOR, joined, rendered
from shortlist.pack.merge import Stretch, placed
from shortlist.records import Candidate, Dropped
from shortlist.stage import Tokenizer

SLACK = 2  # tokens a passage: how far the sum of the parts may lie above the count of the whole


@dataclass(frozen=True, slots=True)
class Packing:
    """Stretches that fit the budget together, in order, and the candidates that were left out, with why."""

    budget: int
    stretches: tuple[Stretch, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def fitted(self, stretches: tuple[Stretch, ...], tokenizer: Tokenizer) -> Packing:
        """The same with these stretches; from the end, those are left out that the exact count has no room for."""
        dropped: list[Dropped] = []
        while stretches and (tokens := tokenizer.count(joined(stretches))) > self.budget:
            why = f"does not fit: with it the text has {tokens} tokens, the budget is {self.budget}"
            dropped += [Dropped(candidate.chunk.id, why) for candidate in stretches[-1].candidates]
            stretches = stretches[:-1]
        return replace(self, stretches=stretches, dropped=(*self.dropped, *dropped))


def pack(candidates: Sequence[Candidate], budget: int, tokenizer: Tokenizer, *, limit: int | None = None) -> Packing:
    """Take candidates in their order as long as they fit; one that does not fit is named and the next is tried.

    Args:
        candidates: best first.
        budget: tokens of `tokenizer` that the joined text may have.
        tokenizer: counts them.
        limit: the largest number of passages, if there is one.
    """
    counted: dict[str, int] = {}

    def count(text: str) -> int:
        if text not in counted:
            counted[text] = tokenizer.count(text)
        return counted[text]

    stretches: tuple[Stretch, ...] = ()
    dropped: list[Dropped] = []
    texts: dict[str, str] = {}
    for candidate in candidates:
        chunk = candidate.chunk
        why = ""
        trial = placed(stretches, candidate)
        if not chunk.text.strip():
            why = "empty"
        elif (same := texts.get(chunk.text.strip())) is not None:
            why = f"the same text as {same}"
        elif limit is not None and len(trial) > limit:
            why = f"over the limit of {limit} passages"
        else:
            total = sum(count(rendered(number, stretch) + SEPARATOR) for number, stretch in enumerate(trial, 1))
            if total > budget and (total > budget + SLACK * len(trial) or tokenizer.count(joined(trial)) > budget):
                why = f"does not fit: with it the text has about {total} tokens, the budget is {budget}"
        if why:
            dropped.append(Dropped(chunk.id, why))
        else:
            texts[chunk.text.strip()] = chunk.id
            stretches = trial
    return Packing(budget, dropped=tuple(dropped)).fitted(stretches, tokenizer)
