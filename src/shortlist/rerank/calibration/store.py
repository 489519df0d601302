"""Where calibrations are kept: in the model's own directory, or in the user's where that cannot be written.

A calibration in the model's directory travels with the model. The user's own comes first where both exist. Either is
used only for the model revision, score scale and windows that it was fitted for.
"""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from pathlib import Path

from shortlist.errors import UsageError
from shortlist.models.encoder import DEFAULT
from shortlist.places import calibrations_directory
from shortlist.rerank.calibration.record import Calibration
from shortlist.rerank.readers import Reader

FILE = "calibration.json"


def find_calibration(model: str, scale: str, windows: str | int, directory: Path | None) -> Calibration | None:
    """The calibration of these scores, or None where none was fitted.

    Args:
        model: name and revision.
        scale: of its score.
        windows: how windows make one score.
        directory: the model's own, if it has one.

    Raises:
        UsageError: a file that should hold it is damaged.
    """
    files = [_own_file(model, scale, windows), *([] if directory is None else [directory / FILE])]
    for file in files:
        found = read_calibration(file) if file.is_file() else None
        if found is not None and found.suits(model, scale, windows):
            return found
    return None


def calibration_for(
    reader: Reader, windows: str | int, given: Calibration | str | Path | None = None
) -> Calibration | None:
    """The calibration of a reader's scores: the one that was given, or the one that is kept for its model.

    Raises:
        UsageError: the one that was given is for other scores, or its file is damaged.
    """
    if given is None:
        if reader.directory is None:  # an object of the user's, whose name says too little
            return None
        return find_calibration(reader.model_name, reader.scale, windows, reader.directory)
    calibration = given if isinstance(given, Calibration) else read_calibration(Path(given))
    if not calibration.suits(reader.model_name, reader.scale, windows):
        raise UsageError(
            f"The calibration is for {calibration.model} ({calibration.scale}, windows {calibration.windows}), not for "
            f"{reader.model_name} ({reader.scale}, windows {windows}). Fit one: shortlist calibrate MODEL LABELS"
        )
    return calibration


def save_calibration(calibration: Calibration, directory: Path | None, file: Path | None = None) -> Path:
    """Keep a calibration where `find_calibration` finds it. Returns the file that was written.

    Args:
        calibration: of a named model.
        directory: the model's own, if it has one. The packaged model's is never written.
        file: write here instead; give it to `Rerank(calibration=…)`.
    """
    text = json.dumps(calibration.to_json(), ensure_ascii=False, indent=2) + "\n"
    if file is not None:
        return _write(file, text)
    own = _own_file(calibration.model, calibration.scale, calibration.windows)
    if directory is not None and directory != DEFAULT:
        try:
            written = _write(directory / FILE, text)
        except OSError:  # a model that belongs to the system or to another user
            return _write(own, text)
        own.unlink(missing_ok=True)  # else an older one would come first
        return written
    return _write(own, text)


def read_calibration(file: Path) -> Calibration:
    """The calibration in a file, read again when the file has changed.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    try:
        return _read(file, file.stat().st_mtime_ns)
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"The calibration {file} cannot be read: {problem}. Fit it again: shortlist calibrate MODEL LABELS",
            path=str(file),
        ) from problem


@lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> Calibration:  # noqa: ARG001  when it changed is part of what is cached
    return Calibration.from_json(json.loads(file.read_text(encoding="utf-8")))


def _own_file(model: str, scale: str, windows: str | int) -> Path:
    name = re.sub(r"[^\w.@-]+", "-", f"{model} {scale} {windows}")
    return calibrations_directory() / f"{name}.json"


def _write(file: Path, text: str) -> Path:
    """Write as a whole or not at all: another process may be reading."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
    return file
