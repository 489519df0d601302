"""Terms: what BM25 counts.

- Words: folded and cut to their English stem. A word with an inner structure gives the whole and its parts:
  `sign_key` → sign_key, sign, key; `getURL` → geturl, get, url; `v2.1` → v2.1, v2, 1.
- Numbers whole: `3.14`, `12,000` → 12000. `C++` and `C#` stay what they are, `U.S.` is us.
- Han, kana, hangul, Thai and their neighbours: each run in overlapping pairs of characters, a lone character as
  itself. No dictionary is needed.

Every word of a text becomes a term, function words too, so that "to be or not to be" can be found. It is the query
that leaves them out, unless it has nothing else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import add
from typing import Any, cast

from shortlist.text.fold import fold_shape, fold_with_offsets

# Scripts cut into pairs: Thai, Lao, Burmese, Khmer (with their vowel signs), hangul, kana, Han and its extensions.
PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\uac00-\ud7af"
    "\u3005-\u3007\u3040-\u309f\u30a1-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
LETTERS = rf"[^\W_{PAIRED}]+(?:[\u0900-\u0963\u0966-\u0dff]+[^\W_{PAIRED}]*)*"  # with the vowel signs of India
TOKEN = re.compile(
    rf"[{PAIRED}]+"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    rf"|{LETTERS}(?:(?:_+|[.'’]){LETTERS})*(?:\+\+|\#(?!\w))?"
)
PAIRED_TOKEN = re.compile(f"[{PAIRED}]")
FIRST_PAIRED = "\u0e00"

PART = re.compile(r"[^._'’+#]+")
HUMPS = re.compile(r"[a-z]{2}[A-Z]|[A-Z]{2}[a-z]{2}")  # getURL and XMLParser, but not mRNA, pH, LLMs or McDonald
HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^A-Za-z]+")
CONTRACTION = re.compile(r"(.+)['’](?:s|(t|re|ve|ll|d|m))", re.IGNORECASE)
LONGEST = 256  # characters of a term. What is longer is no word; text and query cut it alike
CACHED_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class Word:
    """The terms of one word."""

    terms: tuple[str, ...]
    asked: tuple[str, ...]  # without function words
    spans: tuple[tuple[int, int], ...]  # of each term, in the word


def terms(text: str) -> list[str]:
    """The terms of a text, in order, as often as they occur. None is empty or holds white space."""
    words = _words()
    found: list[str] = []
    for token in TOKEN.findall(fold_shape(text)):
        if _is_paired(token):
            found += map(add, token, token[1:]) if len(token) > 1 else token
        else:
            found += words[token].terms
    return found


def query_terms(text: str) -> list[str]:
    """The terms of a question: those of `terms`, without English function words unless it has no other."""
    words = _words()
    found: list[str] = []
    for token in TOKEN.findall(fold_shape(text)):
        found += terms(token) if _is_paired(token) else words[token].asked
    return found or terms(text)


def term_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The terms of a text in the order of `terms`, each with its span in code points of `text`."""
    folded = fold_with_offsets(text, keep_case=True)
    words = _words()
    for match in TOKEN.finditer(folded.text):
        token, begin = match.group(), match.start()
        if _is_paired(token):
            inside = [(i, i + 2) for i in range(len(token) - 1)] or [(0, 1)]
            pieces = [(token[start:end], start, end) for start, end in inside]
        else:
            word = words[token]
            pieces = [(term, *span) for term, span in zip(word.terms, word.spans, strict=True)]
        for term, start, end in pieces:
            yield (term, *folded.original(begin + start, begin + end))


def _is_paired(token: str) -> bool:
    return token[0] >= FIRST_PAIRED and PAIRED_TOKEN.match(token) is not None


class _Words(dict[str, Word]):
    """The words met so far. Each thread has its own, because a Snowball stemmer can't be shared."""

    def __init__(self) -> None:
        import Stemmer

        super().__init__()
        # Size 0: the stemmer's own cache would be a second one of the same words.
        self.stem: Callable[[str], str] = cast("Any", Stemmer).Stemmer("english", 0).stemWord

    def __missing__(self, token: str) -> Word:
        if len(self) >= CACHED_WORDS:
            self.clear()
        self[token] = word = self._word(token)
        return word

    def _word(self, token: str) -> Word:
        pieces = list(_pieces(token))
        surfaces = [surface.casefold() for surface, _, _ in pieces]
        stems = tuple(self._term(surface) for surface in surfaces)
        content = [term for term, surface in zip(stems, surfaces, strict=True) if surface not in function_words()]
        return Word(stems, tuple(content), tuple((start, end) for _, start, end in pieces))

    def _term(self, surface: str) -> str:
        return (self.stem(surface) if surface.isascii() and surface.isalpha() else surface)[:LONGEST]


_threads = threading.local()


def _words() -> _Words:
    if not hasattr(_threads, "words"):
        _threads.words = _Words()
    return _threads.words


@cache
def function_words() -> frozenset[str]:
    """English words that say nothing about what is asked, in lower case, without apostrophes."""
    return frozenset(files("shortlist.text").joinpath("english_function_words.txt").read_text("utf-8").split())


def _pieces(token: str) -> Iterator[tuple[str, int, int]]:
    """What a word gives, each with its span: itself or its parts, and the whole first where the parts are several."""
    if token[0].isdigit() and ("," in token or (token.count(".") == 1 and token.replace(".", "").isdigit())):
        yield token.replace(",", ""), 0, len(token)
        return
    if contraction := CONTRACTION.fullmatch(token):
        base, ending = contraction.groups()
        if ending:
            yield base + ending, 0, len(token)  # dont, theyre
            return
        token = base
    parts = [(part.group(), part.start(), part.end()) for part in PART.finditer(token)]
    if len(parts) > 1 and "." in token and all(len(part) == 1 for part, _, _ in parts):
        yield "".join(part for part, _, _ in parts), 0, len(token)  # U.S.
        return
    if len(parts) > 1 or token[-1] in "+#":
        yield token, 0, len(token)
    for part, start, end in parts:
        if len(part) > 1 or token[-1] not in "+#":
            yield part, start, end
        if HUMPS.search(part):
            yield from ((hump.group(), start + hump.start(), start + hump.end()) for hump in HUMP.finditer(part))
