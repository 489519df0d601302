"""The paths somebody typed → paths that are there: globs resolved, slips of the pen answered."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from shortlist.errors import ReadError
from shortlist.read.port import ReadOptions

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Named:
    """A path that was given and is there."""

    path: Path
    glob_base: Path | None = None  # the folder that the glob which matched it begins in
    is_stdin: bool = False


def named(paths: Sequence[str | Path], options: ReadOptions) -> list[Named]:
    """The paths given, in their order, each glob's matches by name.

    Raises:
        ReadError: a path that is not there, or a glob that matches nothing (reason "unreadable").
    """
    return [found for path in paths for found in _named(path, options)]


def _named(path: str | Path, options: ReadOptions) -> list[Named]:
    if path == STDIN:
        return [Named(Path(STDIN), is_stdin=True)]
    pattern = Path(path).expanduser()
    if os.path.lexists(pattern):
        return [Named(pattern)]
    if not glob.has_magic(str(pattern)):
        raise _missing(pattern)
    # Path.glob takes no pattern from the root, and cannot leave hidden names out.
    found = glob.iglob(str(pattern), recursive=True, include_hidden=options.hidden)  # noqa: PTH207
    matches = sorted(Path(match) for match in found)
    base = next(above for above in pattern.parents if not glob.has_magic(str(above)))
    # With ** the folders on the way match too; the files in them match by themselves.
    names = [Named(match, base) for match in matches if "**" not in pattern.parts or not match.is_dir()]
    if not names:
        raise ReadError(f"Nothing matches {pattern}.", path=str(pattern), reason="unreadable")
    return names


def _missing(path: Path) -> ReadError:
    try:
        siblings = [sibling.name for sibling in path.parent.iterdir()]
    except OSError:
        siblings = []
    close = get_close_matches(path.name, siblings, n=1)
    hint = f" Did you mean {path.parent / close[0]}?" if close else ""
    return ReadError(f"There is no file or folder {path}.{hint}", path=str(path), reason="unreadable")
