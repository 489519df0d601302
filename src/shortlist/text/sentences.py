"""Where sentences begin and end, in English and Chinese, by rules that read left to right once."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

CLOSERS = "\"'”’」』）)\\]】》〉»›"
END = re.compile(
    rf"(?:[。！？；｡]+…*|……+)[{CLOSERS}]*"
    # English: white space must follow, so that 3.14 and example.com stay whole. The look behind keeps a long row of
    # dots from being tried again at each dot.
    rf"|(?<![.!?…])[.!?…]++[{CLOSERS}]*+(?=\s|\Z)|(?<![!?])[!?]++[{CLOSERS}]*+(?=[\u4e00-\u9fff])"
    r"|\n(?=[^\S\n]*(?:\n|[-*+•·▪]\s|\d{1,3}[.)、]|[(（][\d一二三四五六七八九十]{1,3}[)）]|#{1,6}\s|[>|]|```))"
    r"|^#{1,6}\s[^\n]*",
    re.MULTILINE,
)
INITIAL = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")  # the J of "J. Smith", the U.S of "U.S. law"
NUMBERED = re.compile(r"\d{1,3}|[ivxIVX]{1,4}")  # the 1 of "1. First"
LOOK_BACK = 24  # characters: longer than any abbreviation
OPENERS = "([{\"'“‘（"


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a text, as code-point spans without the white space around them.

    A sentence ends at 。！？； and …… with the quotes that close it, at . ! ? before white space unless an
    abbreviation, an initial or a small letter says otherwise, at a blank line, after a heading, and before
    a list item, heading, quote or table row.

    Returns:
        Spans in ascending order that do not overlap. Law: every character that is not white space is in one of them.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in END.finditer(text):
        if match.group()[0] in ".!?…" and not _ends(text, start, match):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if stripped := piece.strip():
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(stripped)))


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a . ! ? before white space ends the sentence that began at `start`."""
    following = text[match.end() : match.end() + LOOK_BACK].lstrip().lstrip(OPENERS)[:1]
    if following.islower():
        return False  # "Why?" he asked. · approx. ten
    if match.group() != ".":
        return True
    before = text[max(start, match.start() - LOOK_BACK) : match.start()]
    word = before.split()[-1].lstrip(OPENERS) if before.strip() else ""
    if before.strip() == word and NUMBERED.fullmatch(word):
        return False
    if word.lower() == "no":
        return not following.isdigit()
    return word == "I" or not (INITIAL.fullmatch(word) or word.lower() in abbreviations())


@cache
def abbreviations() -> frozenset[str]:
    """Abbreviations that a capital letter can follow inside a sentence, in lower case, without their last dot."""
    return frozenset(files("shortlist.text").joinpath("abbreviations.txt").read_text("utf-8").split())
