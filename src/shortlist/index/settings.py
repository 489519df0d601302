"""What an index remembers about itself: the encoder that made its vectors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from shortlist.errors import EncoderMismatch
from shortlist.index.plan import PassageEncoder
from shortlist.index.records.database import Database


def settings(connection: sqlite3.Connection) -> dict[str, str]:
    """Every setting by name."""
    return dict(connection.execute("SELECT name, value FROM settings"))


def settle_encoder(path: Path, database: Database, encoder: PassageEncoder | None) -> dict[str, str]:
    """The settings, after an index without encoder has taken this one.

    Raises:
        EncoderMismatch: the index was made with another one.
    """
    with database.reading() as connection:
        held = settings(connection)
    if encoder is None:
        return held
    asked = {"encoder": encoder.name, "revision": encoder.revision, "dimensions": str(encoder.dimensions)}
    if "encoder" not in held and not database.read_only:
        with database.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO settings VALUES (?, ?)", asked.items())
            held = settings(connection)
    if "encoder" in held and any(held[name] != value for name, value in asked.items()):
        raise EncoderMismatch(
            f"The index {path} was made with the encoder {held['encoder']} {held['revision']} ({held['dimensions']} "
            f"dimensions), but {encoder.name} {encoder.revision} ({encoder.dimensions}) was asked for. Open it with "
            f"{held['encoder']}, or index the files with {encoder.name} into another directory.",
            held=held["encoder"],
            asked=encoder.name,
        )
    return held
