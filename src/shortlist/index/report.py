"""What `add` and `sync` did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from shortlist.records import Note

OnProgress: TypeAlias = Callable[[int, int], None]
"""Called after each commit with the chunks and documents done so far: so many of those given, in the order given,
are on disk."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the documents that were given. Each is counted once."""

    added: int = 0
    updated: int = 0  # text, title or what is said about it changed
    unchanged: int = 0
    deleted: int = 0  # by `sync`: no longer given
    chunks: int = 0  # written
    encoded: int = 0  # texts the encoder had to read; copies and unchanged chunks cost nothing
    notes: tuple[Note, ...] = ()

    @property
    def documents(self) -> int:
        """How many were given."""
        return self.added + self.updated + self.unchanged
