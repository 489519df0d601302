"""Passages from a text stream: one a line, as plain text or as a JSON object with "text"."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from shortlist.errors import UsageError
from shortlist.foreign import TEXT_NAMES


def read_passages(lines: Iterable[str]) -> list[str | dict[str, Any]]:
    """The passages, in order; empty lines are left out.

    The first line decides: if it is a JSON object, every line must be one.

    Raises:
        UsageError: a line of JSONL does not parse or has no text; the message names the line.
    """
    kept = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not kept or not kept[0][1].startswith("{"):
        return [line for _, line in kept]
    return [_passage(number, line) for number, line in kept]


def _passage(number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as problem:
        raise UsageError(
            f"Line {number} is not JSON ({problem}). Give one JSON object a line, or plain text on every line.",
            line=number,
        ) from problem
    if isinstance(value, dict):
        passage = cast(dict[str, Any], value)
        if any(isinstance(passage.get(name), str) for name in TEXT_NAMES):
            return passage
    raise UsageError(
        f'Line {number} has no text. Each line needs one of: {", ".join(TEXT_NAMES)}, such as {{"text": "…"}}',
        line=number,
    )
