"""Which documents come from which roots, as `sync` needs to know: by path or address."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from shortlist.index.records.documents import storable

GLOB = frozenset("*?[")


def is_below(source: str, roots: Collection[str], base: str) -> bool:
    """Whether a source is one of the roots, lies below or inside one, or matches one that is a glob.

    Args:
        source: of a document: a path or an address; "mail.eml#note.pdf" is a file inside another.
        roots: paths, globs and addresses.
        base: the folder that both mean where a path begins with none: the same whichever directory one works in.
    """
    place = _parts(source, base)
    return any(_holds(_parts(storable(root), base), place) for root in roots)


def _parts(name: str, base: str) -> list[str]:
    """The steps of an address, or of a path from the file system's root: `docs`, `./docs` and its whole path agree."""
    whole = name if "://" in name else os.path.normpath(os.path.join(base, name))  # noqa: PTH118 (paths join otherwise)
    return whole.replace(os.sep, "/").rstrip("/").split("/")


def _holds(root: Sequence[str], place: Sequence[str]) -> bool:
    if any(GLOB & set(part) for part in root) and "://" not in "/".join(root):
        return _matches(root, place)
    above = [*place[: len(root)]]
    inside = len(place) == len(root) and above[:-1] == [*root[:-1]] and above[-1].startswith(f"{root[-1]}#")
    return above == [*root] or inside


def _matches(pattern: Sequence[str], place: Sequence[str]) -> bool:
    """Whether the steps of a path match those of a glob, whose ** stands for any number of steps."""
    if not pattern or not place:
        return not place and all(part == "**" for part in pattern)
    if pattern[0] == "**":
        return _matches(pattern[1:], place) or _matches(pattern, place[1:])
    return fnmatchcase(place[0], pattern[0]) and _matches(pattern[1:], place[1:])
