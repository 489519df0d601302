"""From a model to its reader."""

from __future__ import annotations

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.rerank.readers.late import LateReader
from shortlist.rerank.readers.plain import PlainReader
from shortlist.rerank.readers.port import Reader
from shortlist.rerank.readers.windows import WindowReader, Windows
from shortlist.stage import CrossEncoder


def reader_of(model: CrossEncoder, windows: Windows = "best") -> Reader:
    """The reader for this kind of model.

    Raises:
        UsageError: `windows` was chosen for a model that is not read in windows.
    """
    if isinstance(model, CrossEncoderModel):
        return WindowReader(model, windows)
    if windows != "best":
        raise UsageError(
            f"windows={windows!r} is for cross-encoders, which read a long passage in windows; "
            f"{type(model).__name__} gives one score a passage. Leave it out."
        )
    return LateReader(model) if isinstance(model, LateInteraction) else PlainReader(model)
