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
    {"unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "idna", "punycode"}
)
WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüÿßÀÂÄÁÃÅÆÇÈÉÊËÍÎÏÑÓÔÖÕØŒÙÚÛÜ£€§©®°«»“”„‘’–—…•·¿¡\xa0")
NOT_ASCII = re.compile(rb"[\x80-\xff]")
EUROPEAN = re.compile(r"[\t\r\n\x20-\x7e\xa0-\u024f\u0370-\u052f\u2010-\u2026]")
UTF8_BYTES = 8  # following bytes, four Chinese characters: no other encoding makes so many by chance
STRAY_SHARE = (
    0.05  # of the characters beyond ASCII: what a cut file or a foreign line in a log may have that fit nowhere
)


class Decoded(NamedTuple):
    """A text and how it came about."""

    text: str
    encoding: str
    replaced: int  # places that became U+FFFD


def decode(data: bytes, encoding: str = "") -> Decoded:
    """The text of some bytes.

    Args:
        data: the whole file.
        encoding: what it is known or claimed to be in; believed if it fits all but a few bytes, and these are not
            UTF-8 beyond doubt, as those of pages that were converted and kept their old declaration.
    """
    claimed = known_encoding(encoding)
    believed = claimed and not _mark(data) and not _is_utf8(data) and _stray_share(data, claimed) <= STRAY_SHARE
    found = claimed if believed else detect(data)
    try:
        return Decoded(data.decode(found), found, 0)
    except UnicodeError:
        text = data.decode(found, "replace")
        return Decoded(text, found, text.count("\ufffd"))


def detect(data: bytes) -> str:
    """The encoding of some bytes, which may end in the middle of a character."""
    if mark := _mark(data):
        return mark
    if b"\0" in data[:SAMPLE_BYTES] and (wide := _utf16(data[:SAMPLE_BYTES])):
        return wide
    beyond = NOT_ASCII.search(data)
    if beyond is None or _stray_share(data, "utf-8") <= STRAY_SHARE:
        return "utf-8"
    sample = data[beyond.start() :][:SAMPLE_BYTES]
    return _east_asian(sample) or _utf16(data[:SAMPLE_BYTES]) or _western(sample) or _guessed(sample)


def known_encoding(name: str) -> str:
    """Python's name for an encoding, or for the larger one that is meant by it; empty where there is none."""
    try:
        found = codecs.lookup(name.strip()).name
        "".encode(found)  # a codec that makes no text, such as "hex", is a LookupError
    except (LookupError, ValueError):
        return ""
    return "" if found in NOT_CHARSETS else SUPERSETS.get(found, found)


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a text: hardly a control character among them."""
    if _mark(head) or (b"\0" in head and _utf16(head)):
        return True
    return len(head) - len(head.translate(None, CONTROLS)) <= CONTROL_SHARE * len(head)


def _mark(data: bytes) -> str:
    return next((name for mark, name in MARKS if data.startswith(mark)), "")


def _is_utf8(data: bytes) -> bool:
    try:
        return len(data) - len(data.decode()) >= UTF8_BYTES
    except UnicodeError:
        return False


def _stray_share(data: bytes, encoding: str) -> float:
    """The share of what is beyond ASCII that this encoding has no character for."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data)
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("\ufffd") / beyond if beyond else 0.0


def _east_asian(sample: bytes) -> str:
    shares = {name: _common_share(sample, name) for name in COMMON}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= PLAUSIBLE else ""


def _common_share(sample: bytes, encoding: str) -> float:
    """The share of the characters beyond ASCII that are common ones of this encoding."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
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
    own = frozenset(pair.decode(encoding, "ignore") for pair in pairs)
    return own | _common("big5") if encoding == "gb18030" else own  # GB18030 scatters those of traditional Chinese


def _utf16(sample: bytes) -> str:
    """UTF-16 without a mark, told by what comes out: letters of Europe and common characters of China and Japan."""
    sample = sample[: len(sample) // 2 * 2]
    expected = _common("gb18030") | _common("big5") | _common("cp932")
    for name in ("utf-16-le", "utf-16-be"):
        text = sample.decode(name, "replace")
        good = sum(char in expected or bool(EUROPEAN.match(char)) for char in text)
        if text and good >= 0.9 * len(text):
            return name
    return ""


def _western(sample: bytes) -> str:
    """Windows-1252 where accents stand one by one, as in the West of Europe: in Russian or Greek they make words."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    western = sum(char in WESTERN for char in sample.decode("cp1252", "replace"))
    return "cp1252" if western >= 0.9 * len(b"".join(runs)) and western <= 1.5 * len(runs) else ""


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return known_encoding(best.encoding) if best is not None else "cp1252"
