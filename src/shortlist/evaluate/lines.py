"""The lines of a data file, gzipped or not, each with its number, so that an error can name the place."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from shortlist.errors import ReadError

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, without its end, and its number from 1. Gzip is told by content, not by name.

    Lines end at a line feed alone: JSON may hold U+2028 and other separators as they are.

    Raises:
        ReadError: the file is missing, is not UTF-8, or is damaged gzip.
    """
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                text = _decoded(path, number, line)
                if text.strip():
                    yield number, text
    except (OSError, EOFError, zlib.error) as bad:
        raise ReadError(f"{path} could not be read: {bad}", path=str(path)) from bad


def bad_line(path: Path, number: int, problem: str) -> ReadError:
    """The error for one line: `problem` goes on after "FILE, line N"."""
    return ReadError(f"{path}, line {number} {problem}.", path=str(path), line=number)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        head = file.read(len(GZIP_MAGIC))
    return cast(BinaryIO, gzip.open(path, "rb")) if head == GZIP_MAGIC else path.open("rb")


def _decoded(path: Path, number: int, line: bytes) -> str:
    if number == 1:
        line = line.removeprefix(BYTE_ORDER_MARK)
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as bad:
        raise bad_line(path, number, f"is not UTF-8 ({bad.reason}). Convert the file to UTF-8") from bad
