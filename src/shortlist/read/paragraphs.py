"""The lines of a printed page → its paragraphs, by how far the lines reach."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

BROKEN_WORD = re.compile("[\ufffe\x02](?:\r?\n)?")  # where PDFium took away the hyphen at the end of a line
FULL = 0.8  # of the width that nine lines in ten stay below: a line of that width was broken because it was full
SHORTEST = 30  # letters; a page of shorter lines is a table, a poem or a list, and stays as it is
ITEM = re.compile(r"(?:[-–—•●▪■◦○*·‣]|\(?\d{1,3}[.)、]|[（(]?[一二三四五六七八九十]{1,3}[)）、.])\s*\S")
SPACES = re.compile(r"[ \t\xa0]+")


def paragraphs(page: str) -> str:
    """The text of a page with its paragraphs made whole and a blank line behind each.

    Full lines are joined with what follows them, with a space or, between Chinese characters, without one. Short
    lines that follow each other, as in tables, listings and addresses, stay lines.
    """
    lines = [SPACES.sub(" ", line).strip() for line in BROKEN_WORD.sub("", page).splitlines()]
    lines = [line for line in lines if line]
    widths = [_width(line) for line in lines]
    usual = sorted(widths)[len(widths) * 9 // 10] if widths else 0
    full = [usual >= SHORTEST and width >= FULL * usual for width in widths]
    parts: list[str] = []
    for n, line in enumerate(lines):
        before = full[n - 1] if n else False
        if n and before and not ITEM.match(line):
            parts.append("" if _is_wide(lines[n - 1][-1]) or _is_wide(line[0]) else " ")
        elif n:
            # A short line behind a full one ends its paragraph, and a full one behind a short one begins another.
            ends = n > 1 and full[n - 2] and not full[n - 1]
            parts.append("\n\n" if ends or (full[n] and not before) else "\n")
        parts.append(line)
    return "".join(parts)


def _width(line: str) -> int:
    return sum(2 if _is_wide(char) else 1 for char in line)


def _is_wide(char: str) -> bool:
    return east_asian_width(char) in "WF"
