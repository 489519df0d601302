"""A passage of any length → its tokens and the overlapping windows in which a cross-encoder reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shortlist.models.tokenizer import ModelTokenizer
from shortlist.models.windows import cut_windows

# A tokenizer needs some 200 bytes a character while it works: longer texts are given to it in parts.
PART = 100_000
BREAK = re.compile(r"(?<!\s)\s")  # where white space begins: a run of it is one mark, which must not be parted


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A passage as a model's tokenizer cuts it."""

    ids: NDArray[np.int32]
    spans: NDArray[np.int32]  # shape (tokens, 2): code points of the passage, end excluded


def tokenize(tokenizer: ModelTokenizer, text: str) -> Tokens:
    """The tokens of `text`, special tokens left out, in memory that grows by 12 bytes a token.

    A text above PART characters is cut before white space, where there is some, so that no word is parted.
    """
    ids: list[NDArray[np.int32]] = []
    spans: list[NDArray[np.int32]] = []
    for start, end in _parts(text):
        part_ids, part_spans = tokenizer.ids_and_spans(text[start:end])
        ids.append(np.array(part_ids, np.int32))
        spans.append(np.array(part_spans, np.int32).reshape(-1, 2) + np.int32(start))
    return Tokens(np.concatenate(ids), np.concatenate(spans))


def windows_of(tokens: int, room: int) -> list[tuple[int, int]]:
    """Windows of at most `room` tokens; neighbours share a quarter of one."""
    return cut_windows(tokens, room, overlap=room // 4)


def _parts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > PART:
        # From the half on, so that parts stay few; a text without any white space (Chinese) is cut where it stands.
        breaks = [match.start() for match in BREAK.finditer(text, start + PART // 2, start + PART)]
        end = breaks[-1] if breaks else start + PART
        yield start, end
        start = end
    yield start, len(text)
