"""One name for one file, wherever it is named from: its path below a root, or from the file system's root."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from shortlist.read.ignore import absolute


def shown(path: str | Path) -> str:
    """A path as text: bytes that are not text become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def place_of(path: str | Path, root: str | Path) -> str:
    """The path below `root`, "/" between its steps; the whole path where it stands elsewhere.

    The same from every working directory, and by whichever links both were reached; links below the root keep their
    names. The steps of a glob from its first sign on are kept as they are.
    """
    path, root = Path(path).expanduser(), absolute(Path(root))
    fixed = next((above for above in (path, *path.parents) if not glob.has_magic(str(above))), path)
    kind = path.relative_to(fixed) if path != fixed and not os.path.lexists(path) else Path()
    whole = absolute(path if kind == Path() else fixed)
    if not whole.is_relative_to(root):
        # One of the two was reached by a link. The last step is the file's own name, be it a link or not.
        whole, root = Path(os.path.realpath(whole.parent), whole.name), Path(os.path.realpath(root))
    below = whole.relative_to(root) if whole.is_relative_to(root) else whole
    return shown((below / kind).as_posix())
