"""The .gitignore files that say what a folder does not want to be read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from gitignore_parser import rule_from_pattern  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] it ships no types

IGNORE_FILE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a .gitignore."""

    pattern: re.Pattern[str]
    negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """What the .gitignore files of a folder and of those above it name."""

    folder: str  # absolute, with a separator at the end
    rules: tuple[Rule, ...] = ()
    above: Ignored | None = None

    def names(self, path: str, is_folder: bool) -> bool:
        """Whether this entry, an absolute path below the folder, is to be left out.

        The last line that fits decides, the deepest file's first.
        """
        relative = path[len(self.folder) :].replace(os.sep, "/")
        for rule in reversed(self.rules):
            # The parser's patterns for folders that are wanted after all ask for a slash at the end.
            asked = relative + "/" if rule.folders_only and rule.negated else relative
            if (is_folder or not rule.folders_only) and rule.pattern.search(asked):
                return not rule.negated
        return self.above is not None and self.above.names(path, is_folder)

    def below(self, folder: Path) -> Ignored:
        """The same for a folder inside, with its own .gitignore if it has one."""
        rules = _rules(folder / IGNORE_FILE)
        return Ignored(_prefix(folder), rules, self) if rules else self


NOTHING_IGNORED = Ignored("")


def ignored_in(folder: Path) -> Ignored:
    """What is ignored in a folder, by its own .gitignore and by those above it in the same repository.

    A folder that the repository itself ignores was asked for by name: only its own .gitignore counts then.
    """
    folder = absolute(folder)
    inside = [folder, *folder.parents]
    top = next((n for n, path in enumerate(inside) if (path / ".git").exists()), 0)
    found = Ignored(
        _prefix(inside[top]), _rules(inside[top] / ".git" / "info" / "exclude") + _rules(inside[top] / IGNORE_FILE)
    )
    for path in reversed(inside[:top]):
        if found.names(str(path), is_folder=True):
            return Ignored(_prefix(folder), _rules(folder / IGNORE_FILE))
        found = found.below(path)
    return found


def absolute(path: Path) -> Path:
    """The path from the root, without "..": `resolve` would follow links, `absolute` leave the dots."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _prefix(folder: Path) -> str:
    return str(folder).rstrip(os.sep) + os.sep  # the root has one already


def _rules(file: Path) -> tuple[Rule, ...]:
    try:
        lines = file.read_bytes().decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return ()
    return tuple(rule for line in lines if (rule := _rule(line)) is not None)


def _rule(line: str) -> Rule | None:
    try:
        # The parser takes ** alone for a pattern of nothing; to git it is *.
        parsed = cast("Any", rule_from_pattern({"**": "*", "!**": "!*"}.get(line.strip(), line)))
        return Rule(re.compile(parsed.regex), parsed.negation, parsed.directory_only) if parsed else None
    except (IndexError, re.error):  # such as "!" alone or "[z-a]": git takes no notice of them either
        return None
