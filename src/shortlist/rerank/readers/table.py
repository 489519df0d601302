"""From a model to its reader."""

from __future__ import annotations

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel, LateInteraction
from shortlist.models.judgement import Judge
from shortlist.rerank.cache import ScoreCache
from shortlist.rerank.readers.judge import JudgeReader
from shortlist.rerank.readers.late import LateReader
from shortlist.rerank.readers.plain import PlainReader
from shortlist.rerank.readers.port import Reader
from shortlist.rerank.readers.windows import WindowReader, Windows, check_windows
from shortlist.stage import CrossEncoder


def reader_of(model: CrossEncoder, windows: Windows = "best", cache: ScoreCache | None = None) -> Reader:
    """The reader for this kind of model. A cache serves cross-encoders; the others take no notice of it.

    Raises:
        UsageError: `windows` is no known way, or was chosen for a model that is not read in windows.
    """
    check_windows(windows)
    if isinstance(model, CrossEncoderModel):
        return WindowReader(model, windows, cache)
    if windows != "best":
        raise UsageError(
            f"windows={windows!r} is for cross-encoders, which read a long passage in windows; "
            f"{type(model).__name__} gives one score a passage. Leave it out."
        )
    if isinstance(model, Judge):
        return JudgeReader(model)
    return LateReader(model) if isinstance(model, LateInteraction) else PlainReader(model)
