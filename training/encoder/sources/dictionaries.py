"""Dictionaries of the DICT protocol: an index of terms, and the text of each."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path

from training.encoder.sources.passages import Passage, Section, cut, one_line

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
DEFINITION = (8, 120)  # words: many are one sentence
ASKED = ("{}", "{}", "{}", "What is {}?", "What does {} mean?", "what is {}")
SEED = 11
NOTICE = "00-database"  # terms that tell of the dictionary itself


def dictionary(package: Path) -> Iterator[Passage]:
    """Each entry as passages, asked for by its term, or in half of them by what one asks of a term."""
    draw = random.Random(SEED)
    for index in sorted(package.rglob("*.index")):
        text = gzip.decompress(index.with_suffix(".dict.dz").read_bytes())
        entries = [line.split("\t") for line in index.read_text("utf-8").splitlines()]
        seen: set[str] = set()
        for term, start, length in entries:
            if term.startswith(NOTICE) or start in seen:
                continue
            seen.add(start)  # one entry may stand under several terms
            entry = text[_number(start) : _number(start) + _number(length)].decode("utf-8", errors="replace")
            yield from cut(_section(entry, draw.choice(ASKED)), DEFINITION)


def _section(entry: str, asked: str) -> Section:
    """The first line is the term; a dictionary's references to its other terms lose their braces."""
    term, _, rest = entry.partition("\n")
    blocks = re.split(r"\n\s*\n", re.sub(r"[{}]", "", rest))
    return Section(asked.format(one_line(term)), tuple(filter(None, map(one_line, blocks))))


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + DIGITS.index(digit)
    return value
