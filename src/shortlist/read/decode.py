"""Bytes → text: a byte order mark, strict UTF-8, UTF-16 without a mark, then the encodings of East Asia, then Europe.

Detectors guess badly on short Chinese text. What tells GB18030 from Big5 and Shift JIS is whether the characters that
come out are common ones: each of these encodings puts its common characters in a block of its own, so real text falls
into it almost wholly and text decoded by the wrong table hardly more than half.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import NamedTuple

SAMPLE_BYTES = 1 << 16
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Lead and trail bytes of the common characters, punctuation and kana; the first that scores best wins a tie.
COMMON = {
    "gb18030": (((0xB0, 0xD7), (0xA1, 0xA3)), ((0xA1, 0xFE),)),
    "big5": (((0xA4, 0xC6), (0xA1, 0xA3)), ((0x40, 0x7E), (0xA1, 0xFE))),
    "cp932": (((0x88, 0x97), (0x81, 0x83)), ((0x40, 0x7E), (0x80, 0xFC))),
    "euc_jp": (((0xB0, 0xCF), (0xA1, 0xA5)), ((0xA1, 0xFE),)),
}
PLAUSIBLE = 0.7  # share of common characters that real text reaches: the lowest seen was 0.86, of wrong tables 0.58
CONTROLS = bytes({*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F})
CONTROL_SHARE = 0.02
# Names that pages and mails use for a subset of what they mean (WHATWG Encoding Standard).
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "utf-8", "shift_jis": "cp932"}
NOT_CHARSETS = frozenset(
    {"unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "idna", "punycode", "undefined"}
)


class Decoded(NamedTuple):
    """A text and how it came about."""

    text: str
    encoding: str
    replaced: int  # bytes or sequences that became U+FFFD


def decode(data: bytes, encoding: str = "") -> Decoded:
    """The text of some bytes.

    Args:
        data: the whole file.
        encoding: what it is known or claimed to be in; kept if it decodes strictly, detected otherwise.
    """
    claimed = known_encoding(encoding)
    if claimed and not data.startswith(tuple(mark for mark, _ in MARKS)) and _strictly(data, claimed) is not None:
        return Decoded(data.decode(claimed), claimed, 0)
    found = detect(data)
    text = _strictly(data, found)
    if text is not None:
        return Decoded(text, found, 0)
    text = data.decode(found, "replace")
    return Decoded(text, found, text.count("\ufffd"))


def detect(data: bytes) -> str:
    """The encoding of some bytes, which may end in the middle of a character."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    sample = data[:SAMPLE_BYTES]
    if b"\0" in sample and (wide := _utf16(sample)):
        return wide
    if _strictly(data, "utf-8") is not None or _nearly_utf8(data):
        return "utf-8"
    return _east_asian(data) or _utf16(sample) or _guessed(sample)


def known_encoding(name: str) -> str:
    """Python's name for an encoding, or for the larger one that is meant by it; empty where there is none."""
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return ""
    return "" if found in NOT_CHARSETS else SUPERSETS.get(found, found)


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a text: hardly a control character among them."""
    if head.startswith(tuple(mark for mark, _ in MARKS)) or (b"\0" in head and _utf16(head)):
        return True
    return len(head) - len(head.translate(None, CONTROLS)) <= CONTROL_SHARE * len(head)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):  # a codec that gives no text, such as "hex", is a LookupError
        return None


def _nearly_utf8(data: bytes) -> bool:
    """Whether a few bytes alone are not UTF-8: a cut file, a stray line in a log."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong * 20 <= len(re.findall(r"[^\x00-\x7f]", text)) - wrong


def _east_asian(data: bytes) -> str:
    scores = {name: _common_share(data[:SAMPLE_BYTES], name) for name in COMMON}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= PLAUSIBLE else ""


def _common_share(sample: bytes, encoding: str) -> float:
    """The share of the characters beyond ASCII that are common ones of this encoding; 0 where it does not decode."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)  # the sample may end inside a character
    except UnicodeError:
        return 0.0
    beyond = [char for char in text if char > "\x7f"]
    common = _common(encoding)
    return sum(char in common for char in beyond) / len(beyond) if beyond else 0.0


@cache
def _common(encoding: str) -> frozenset[str]:
    leads, trails = COMMON[encoding]
    pairs = (
        bytes((lead, trail))
        for first, last in leads
        for lead in range(first, last + 1)
        for low, high in trails
        for trail in range(low, high + 1)
    )
    return frozenset(pair.decode(encoding, "ignore") for pair in pairs)


def _utf16(sample: bytes) -> str:
    """UTF-16 without a mark, told by what comes out: ASCII and common characters of China and Japan."""
    sample = sample[: len(sample) // 2 * 2]
    expected = _common("gb18030") | _common("big5") | _common("cp932")
    for name in ("utf-16-le", "utf-16-be"):
        text = sample.decode(name, "replace")
        good = sum(char in expected or "\x20" <= char <= "\x7e" or char in "\t\r\n" for char in text)
        if text and good >= 0.9 * len(text):
            return name
    return ""


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return known_encoding(best.encoding) if best is not None else "cp1252"
