"""Terms: what BM25 counts.

- Words: folded and cut to their English stem. A word with an inner structure gives the whole and its parts:
  `sign_key` → sign_key, sign, key; `getURL` → geturl, get, url; `v2.1` → v2.1, v2, 1.
- Numbers whole: `3.14`, `12,000` → 12000. `C++` and `C#` stay what they are, `U.S.` is us.
- Han characters: every pair of neighbours, and every character: 签名密钥 → 签名, 名密, 密钥, 签, 名, 密, 钥. No
  dictionary is needed. The characters alone are worth .038 nDCG@10 on zhmix and .018 on stard, and "茶" finds 喝茶.
- Kana, hangul, Thai and its neighbours: pairs; a lone character as itself.

Every word of a text becomes a term, function words too, so that "to be or not to be" can be found. It is the query
that leaves them out, unless it has nothing else. benchmarks/bm25_terms.py has the figures.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import add
from typing import Any, cast

from shortlist.text.fold import fold_shape, fold_with_offsets
from shortlist.text.function_words import function_characters, function_words

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Other scripts written without spaces (Thai, Lao, Burmese, Khmer with their vowel signs, kana), and hangul.
PAIRED = "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\uac00-\ud7af\u3040-\u309f\u30a1-\u30ff\u31f0-\u31ff"
LETTERS = rf"[^\W_{HAN}{PAIRED}]+(?:[\u0900-\u0963\u0966-\u0dff]+[^\W_{HAN}{PAIRED}]*)*"  # vowel signs of India
TOKEN = re.compile(
    rf"[{HAN}]+|[{PAIRED}]+"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    rf"|{LETTERS}(?:(?:_+|[.'’]){LETTERS})*(?:\+\+|\#(?!\w))?"
)
IS_HAN = re.compile(f"[{HAN}]").match
IS_PAIRED = re.compile(f"[{PAIRED}]").match
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
    """The terms of a text, as often as they occur. None is empty or holds white space."""
    words = _words()
    found: list[str] = []
    for token in TOKEN.findall(fold_shape(text)):
        if token[0] < FIRST_PAIRED:
            found += words[token].terms
        elif IS_HAN(token):
            found += map(add, token, token[1:])
            found += token
        elif IS_PAIRED(token):
            found += map(add, token, token[1:]) if len(token) > 1 else token
        else:
            found += words[token].terms
    return found


def query_terms(text: str) -> list[str]:
    """The terms of a question: those of `terms`, without function words unless it has no others."""
    words = _words()
    found: list[str] = []
    for token in TOKEN.findall(fold_shape(text)):
        if IS_HAN(token):
            found += (term for term in terms(token) if not function_characters().issuperset(term))
        elif IS_PAIRED(token):
            found += terms(token)
        else:
            found += words[token].asked
    return found or terms(text)


def term_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The terms of a text in the order of `terms`, each with its span in code points of `text`."""
    folded = fold_with_offsets(text, keep_case=True)
    words = _words()
    for match in TOKEN.finditer(folded.text):
        token, begin = match.group(), match.start()
        if IS_HAN(token) or IS_PAIRED(token):
            pieces = [(token[i : i + 2], i, i + 2) for i in range(len(token) - 1)]
            if IS_HAN(token) or not pieces:
                pieces += [(character, i, i + 1) for i, character in enumerate(token)]
        else:
            word = words[token]
            pieces = [(term, *span) for term, span in zip(word.terms, word.spans, strict=True)]
        for term, start, end in pieces:
            yield (term, *folded.original(begin + start, begin + end))


class _Words(dict[str, Word]):
    """The words met so far. Each thread has its own, because a Snowball stemmer can't be shared."""

    def __init__(self) -> None:
        import Stemmer

        super().__init__()
        # Size 0: the stemmer's own cache would be a second one of the same words.
        self.stem: Callable[[str], str] = cast("Any", Stemmer).Stemmer("english", 0).stemWord

    def __missing__(self, token: str) -> Word:
        word = self._word(token)
        if len(self) >= CACHED_WORDS:
            self.clear()
        if len(token) <= LONGEST:
            self[token] = word
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
