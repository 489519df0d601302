"""From a model to its reader: one file a kind.

late interaction   late.py     stored token vectors of the index where it has them, else the passage is encoded now
cross-encoder      windows.py  long passages in overlapping windows; the candidate says which one won
anything else      plain.py    an object with `score(query, passages)`
"""

from __future__ import annotations

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.rerank.late import LateReader
from shortlist.rerank.plain import PlainReader
from shortlist.rerank.port import Reader
from shortlist.rerank.windows import WindowReader, Windows
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
