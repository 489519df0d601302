"""Named arrays in one file, read back without copying: how a segment lies on disk.

magic · length of the header (8 bytes) · header (JSON: name → dtype, shape, offset) · the arrays, each aligned
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"SLARRAY1"
ALIGNMENT = 64


class Damaged(Exception):
    """A cache file that is not what was written. Never seen by users: the cache is made again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file must look like to be the one that was written."""

    bytes: int
    crc32: int
    modified_ns: int  # with the same size and time the content is taken to be the same, and not read


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Stamp:
    """Write the arrays to a new file and bring them to disk."""
    header: dict[str, tuple[str, list[int], int]] = {}
    offset = 0
    for name, array in arrays.items():
        header[name] = (array.dtype.str, list(array.shape), offset)
        offset += _aligned(array.nbytes)
    encoded = json.dumps(header).encode()
    encoded += b" " * (_aligned(len(MAGIC) + 8 + len(encoded)) - len(MAGIC) - 8 - len(encoded))
    crc = 0
    with path.open("wb") as file:
        for piece in (MAGIC, len(encoded).to_bytes(8, "little"), encoded):
            file.write(piece)
            crc = zlib.crc32(piece, crc)
        for array in arrays.values():
            content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
            for piece in (content, bytes(_aligned(array.nbytes) - array.nbytes)):
                file.write(piece)
                crc = zlib.crc32(piece, crc)
        file.flush()
        os.fsync(file.fileno())
    facts = path.stat()
    return Stamp(facts.st_size, crc, facts.st_mtime_ns)


def read_arrays(path: Path, stamp: Stamp) -> dict[str, NDArray[Any]]:
    """The arrays of a file, mapped into memory, read-only.

    Raises:
        Damaged: the file is missing, or not the one that `stamp` was taken of.
    """
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            if facts.st_size != stamp.bytes or not facts.st_size:
                raise Damaged(f"{path.name} has {facts.st_size} bytes, not {stamp.bytes}")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read: {error}") from error
    if facts.st_mtime_ns != stamp.modified_ns and zlib.crc32(mapped) != stamp.crc32:
        raise Damaged(f"{path.name} was changed")
    begin = len(MAGIC) + 8
    if mapped[: len(MAGIC)] != MAGIC:
        raise Damaged(f"{path.name} is of another kind")
    length = int.from_bytes(mapped[len(MAGIC) : begin], "little")
    header = cast("dict[str, tuple[str, list[int], int]]", json.loads(mapped[begin : begin + length]))
    return {
        name: np.frombuffer(mapped, dtype, int(np.prod(shape)), begin + length + offset).reshape(shape)
        for name, (dtype, shape, offset) in header.items()
    }


def intact(path: Path, stamp: Stamp) -> bool:
    """Whether the file holds exactly what was written; reads all of it."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return len(mapped) == stamp.bytes and zlib.crc32(mapped) == stamp.crc32
    except (OSError, ValueError):
        return False


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
