"""A small JSON file that is replaced as a whole and knows when it was tampered with."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from shortlist.index.caches.arrays import Damaged


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What the file holds; None if it is missing.

    Raises:
        Damaged: it cannot be read, or is not what was written.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Damaged(f"{path.name} cannot be read: {error}") from error
    checksum, _, body = text.partition("\n")
    if checksum != _checksum(body):
        raise Damaged(f"{path.name} was changed")
    return cast("dict[str, Any]", json.loads(body))


def write_manifest(path: Path, body: Mapping[str, Any]) -> None:
    """Replace the file; whoever reads it meanwhile sees the old one or the new one."""
    text = json.dumps(body)
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{_checksum(text)}\n{text}")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
