"""Folding: different ways to write the same thing become one, so that a question meets the text that answers it.

Full- and half-width forms (NFKC), upper and lower case, traditional and simplified Han characters, letters with and
without accents, and invisible characters (soft hyphens, zero-width marks, which nobody types in a question).

Accents of Latin and Greek letters are dropped because people leave them out when they ask ("cafe", "Erdos"); other
scripts keep their marks, which are part of the letter there (й, ガ). Han characters are folded one by one, never as
phrases: a few words meet that should not (皇后, 後), but the length stays the same and both sides always agree.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Letters that have no accent to take off, written as people write them on a plain keyboard.
PLAIN = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ð": "d", "Ð": "D"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ß": "ss", "ẞ": "SS"}
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that remembers where each of its characters came from."""

    text: str
    starts: tuple[int, ...]  # for each folded character, where its original begins …
    ends: tuple[int, ...]  # … and where it ends, dropped marks included

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that stands behind `text[start:end]`, which must not be empty."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> str:
    """`text` in the one form in which texts are compared. Law: `fold(fold(text)) == fold(text)`."""
    return text.lower() if text.isascii() else _translated(text, _TABLES[False])


def fold_shape(text: str) -> str:
    """The same, but upper and lower case stay as they are: the humps of `camelCase` are needed to cut it."""
    return text if text.isascii() else _translated(text, _TABLES[True])


def fold_with_offsets(text: str, *, keep_case: bool = False) -> Folded:
    """`fold(text)` (or `fold_shape(text)`) with the way back to `text`."""
    table = _TABLES[keep_case]
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster, start, end in _clusters(text):
        folded = cluster.translate(table)
        pieces.append(folded)
        if folded:
            starts += [start] * len(folded)
            ends += [end] * len(folded)
        elif ends:
            ends[-1] = end  # a dropped mark belongs to the letter before it
    once = Folded("".join(pieces), tuple(starts), tuple(ends))
    if unicodedata.is_normalized("NFC", once.text):
        return once
    again = fold_with_offsets(once.text, keep_case=keep_case)
    spans = [once.original(start, end) for start, end in zip(again.starts, again.ends, strict=True)]
    return Folded(again.text, tuple(start for start, _ in spans), tuple(end for _, end in spans))


class _Table(dict[int, str]):
    """What each character folds to, found out when it is first met: `str.translate` asks for nothing else."""

    def __init__(self, *, keep_case: bool) -> None:
        super().__init__()
        self.keep_case = keep_case

    def __missing__(self, code: int) -> str:
        before, after = "", chr(code)
        while after != before:  # Ǽ → Ǽ → Æ → AE → ae: each step can open the way for another
            before, after = after, self._step(after)
        self[code] = after
        return after

    def _step(self, text: str) -> str:
        text = "".join(map(_plain, unicodedata.normalize("NFKC", text))).translate(PLAIN)
        return text if self.keep_case else text.casefold()


_TABLES = {keep_case: _Table(keep_case=keep_case) for keep_case in (False, True)}


def _translated(text: str, table: _Table) -> str:
    folded = unicodedata.normalize("NFC", text).translate(table)
    # What was dropped may have stood between two characters that compose: then once more.
    return folded if unicodedata.is_normalized("NFC", folded) else _translated(folded, table)


def _plain(character: str) -> str:
    code = ord(character)
    if _is_invisible(character) or (code < 0x700 and unicodedata.combining(character)):
        return ""  # left over are accents that compose with nothing, and the points of Arabic and Hebrew
    if code < 0x2E80:
        base = unicodedata.normalize("NFD", character)[0]
        return base if base < "\u0400" else character  # Latin and Greek
    if "\u3400" <= character <= "\u9fff" or code >= 0x20000:
        simplified = _simplifier()(character)
        return simplified if len(simplified) == 1 else character
    return character


def _is_invisible(character: str) -> bool:
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return is_selector or unicodedata.category(character) == "Cf"


@cache
def _simplifier() -> Callable[[str], str]:
    import opencc  # 20 ms, and of no use to a text without Han characters

    untyped = cast("Any", opencc)
    return untyped.OpenCC("t2s").convert


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """The composed parts of `text` with their spans: joined they are its NFC form."""
    if unicodedata.is_normalized("NFC", text):
        yield from ((character, i, i + 1) for i, character in enumerate(text))
        return
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or not (unicodedata.combining(text[i]) or _composes(text[start:i], text[i])):
            yield unicodedata.normalize("NFC", text[start:i]), start, i
            start = i


def _composes(cluster: str, character: str) -> bool:
    """Whether the normal form of what stands before a character changes when it follows."""
    apart = unicodedata.normalize("NFC", cluster) + unicodedata.normalize("NFC", character)
    return unicodedata.normalize("NFC", cluster + character) != apart
