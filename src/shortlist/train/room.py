"""Room on the disk: asked for before the work begins, and files that are there whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from shortlist.errors import NoRoomToTrain

MEGABYTE = 1 << 20


def ask_for_room(directory: Path, wanted: int) -> None:
    """Check that `wanted` bytes are free where `directory` lies.

    Raises:
        NoRoomToTrain: they are not.
    """
    free = shutil.disk_usage(directory).free
    if free < wanted:
        raise NoRoomToTrain(
            f"Training in {directory} needs about {wanted / MEGABYTE:,.0f} MB and {free / MEGABYTE:,.0f} MB are free. "
            "Make room, or give an --out on another disk.",
            wanted=wanted,
            free=free,
        )


def write_whole(file: Path, content: bytes | memoryview, *, unfinished: Path | None = None) -> None:
    """Write a file beside its place, then put it there.

    Raises:
        NoRoomToTrain: the system would not take it; what was there before still is.
    """
    unfinished = unfinished or file.with_name(f"{file.name}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    except OSError as problem:
        unfinished.unlink(missing_ok=True)
        raise NoRoomToTrain(
            f"{file} could not be written: {problem.strerror}. What was there before is kept: make room and type the "
            "same command again, it goes on from the last checkpoint.",
            path=str(file),
        ) from problem
