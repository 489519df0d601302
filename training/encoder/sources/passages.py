"""Blocks of text → passages of a size, each with the heading or question that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shortlist.text.sentences import sentence_spans

PARAGRAPH = (30, 120)  # words
HAN = re.compile("[\u4e00-\u9fff]")
WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
HAN_PER_WORD = 1.75  # characters that say as much as an English word


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and what asks for it: a heading, a term or a question."""

    query: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One text in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the blocks of text under it: paragraphs, list items."""

    heading: str
    blocks: tuple[str, ...]


def words(text: str) -> float:
    """The length of a text in English words; Chinese counts by its characters."""
    return len(HAN.sub(" ", text).split()) + len(HAN.findall(text)) / HAN_PER_WORD


def one_line(text: str) -> str:
    """Without line breaks and runs of white space; without any between Chinese characters."""
    return re.sub(rf"(?<={WIDE}) (?={WIDE})", "", " ".join(text.split()))


def cut(section: Section, size: tuple[int, int] = PARAGRAPH) -> Iterator[Passage]:
    """The section's passages in order: whole sentences that follow each other, a block where it fits.

    Args:
        section: without a heading there is no query.
        size: the fewest and the most words of a passage. What is left over and shorter is dropped, and so is a
            sentence that is longer.
    """
    shortest, longest = size
    for run in _runs(section.blocks, shortest, longest):
        if words(run) >= shortest and is_prose(run):
            yield Passage(section.heading, run)


def _runs(blocks: Iterable[str], shortest: int, longest: int) -> Iterator[str]:
    held = ""
    for block in map(one_line, blocks):
        for sentence in (block[start:end] for start, end in sentence_spans(block)):
            joined = one_line(f"{held} {sentence}")
            if words(joined) <= longest:
                held = joined
            else:
                yield held
                held = sentence if words(sentence) <= longest else ""
        if words(held) >= shortest:
            yield held
            held = ""
    yield held


def is_prose(text: str) -> bool:
    """Whether most of it is letters: no table, no code, no list of numbers."""
    dense = re.sub(r"\s", "", text)
    return sum(map(str.isalpha, dense)) >= 0.75 * len(dense) and not re.search(r"https?://\S{60}|[{};]\s*[{};]", text)
