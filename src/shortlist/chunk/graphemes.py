"""Where a text may be cut without tearing what is seen as one character."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
REGIONAL = range(0x1F1E6, 0x1F200)  # two of them are one flag
SKIN_TONES = range(0x1F3FB, 0x1F400)
JAMO_VOWELS_AND_FINALS = range(0x1160, 0x1200)


def is_whole(text: str, position: int) -> bool:
    """Whether a cut before `text[position]` leaves accents, emoji sequences, flags, syllables and CR LF whole."""
    if not 0 < position < len(text):
        return True
    before, after = text[position - 1], text[position]
    if after.isascii():
        return not (before == "\r" and after == "\n")
    if before == JOINER or after == JOINER or unicodedata.category(after)[0] == "M":
        return False
    code = ord(after)
    if code in REGIONAL and ord(before) in REGIONAL:
        return _flags_before(text, position) % 2 == 0
    return code not in SKIN_TONES and code not in JAMO_VOWELS_AND_FINALS


def whole_before(text: str, position: int, least: int) -> int:
    """The last place in (least, position] where a cut is whole; `position` itself where there is none."""
    for place in range(position, least, -1):
        if is_whole(text, place):
            return place
    return position


def _flags_before(text: str, position: int) -> int:
    count = 0
    while position - count > 0 and ord(text[position - count - 1]) in REGIONAL:
        count += 1
    return count
