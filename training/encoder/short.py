"""Sentences of a passage in its place: much of what people ask is answered in one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from training.encoder.sources.passages import words

from shortlist.text.sentences import sentence_spans
from shortlist.train.units import Unit

SIZE = (12, 45)  # words; of Chinese 21 to 78 characters
MOST = 3  # sentences
FIRST = 0.5  # of them begin where the passage does, which is where most answers are


def shortened(unit: Unit, draw: random.Random) -> Unit:
    """The unit over one to three sentences of its passage, which follow each other and are of SIZE.

    Its query stays. A unit without such sentences stays whole, and so does one whose query is in two languages.
    """
    found = list(runs(unit.passage)) if unit.asked == unit.judged else []
    if not found:
        return unit
    first = [(start, end) for start, end in found if start == found[0][0]]
    start, end = draw.choice(first if draw.random() < FIRST else found)
    return replace(unit, passage=unit.passage[start:end])


def runs(passage: str) -> Iterator[tuple[int, int]]:
    """The spans of neighbouring sentences that are of SIZE, shorter than the passage."""
    spans = sentence_spans(passage)
    for i, (start, _) in enumerate(spans):
        for _, end in spans[i : i + MOST]:
            if SIZE[0] <= words(passage[start:end]) <= SIZE[1] and end - start < len(passage):
                yield start, end
