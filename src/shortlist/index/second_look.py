"""What was measured of rerankers on an index: a small file beside the records, read by the second look."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

FILE = "second-look.json"
FIELDS = {"dataset", "queries", "measure", "difference", "low", "high"}  # of a finding, at least


def measured(path: Path, model: str) -> Mapping[str, Any] | None:
    """What was measured of this model on the index at `path`; None where nothing was, or the file is damaged.

    Args:
        path: of the index.
        model: name and revision.

    Returns:
        "measure", its "difference" to the longlist with a 95 % interval "low" to "high", "queries" and "dataset".
    """
    found = _all(path).get(model)
    return cast("dict[str, Any]", found) if isinstance(found, dict) and found.keys() >= FIELDS else None


def remember(path: Path, model: str, finding: Mapping[str, Any] | None) -> None:
    """Keep what was measured of this model, JSON types only, or forget it."""
    findings = {name: found for name, found in _all(path).items() if name != model}
    if finding is not None:
        findings[model] = dict(finding)
    elif not (path / FILE).is_file():
        return
    beside = path / f"{FILE}.{os.getpid()}"
    beside.write_text(json.dumps(findings, ensure_ascii=False, indent=1), encoding="utf-8")
    beside.replace(path / FILE)


def _all(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
