"""Pairs that people judged, one JSON object a line: {"query": …, "text": …, "relevant": true}."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from shortlist.errors import ReadError, UsageError
from shortlist.rerank.calibration.fit import Judged


def read_judged(file: Path) -> Iterator[Judged]:
    """The pairs of a file, in its order; empty lines are left out. `relevant` may be a grade: above 0 is relevant.

    Raises:
        ReadError: there is no such file, or it is not UTF-8.
        UsageError: a line has no query, text or relevant; the message names it.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            yield from (_judged(file, number, line) for number, line in enumerate(lines, 1) if line.strip())
    except (OSError, UnicodeDecodeError) as problem:
        raise ReadError(f"The labels {file} cannot be read: {problem}.", path=str(file)) from problem


def _judged(file: Path, number: int, line: str) -> Judged:
    try:
        pair = cast("dict[str, Any]", json.loads(line))
        query, text, relevant = pair["query"], pair["text"], pair["relevant"]
        if isinstance(query, str) and query.strip() and isinstance(text, str) and isinstance(relevant, bool | int):
            return Judged(query, text, relevant > 0)
    except (ValueError, KeyError, TypeError):
        pass
    raise UsageError(
        f'Line {number} of {file} is no judged pair. Each line is like {{"query": "…", "text": "…", "relevant": true}}',
        path=str(file),
        line=number,
    )
