"""Programs in English and Chinese: the same message, or the same paragraph of help, in both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from training.encoder.sources.pages import sections
from training.encoder.sources.passages import Pair, one_line, words

from shortlist.text.scripts import han_share

MESSAGE = (5, 120)  # words
CONTEXT_ENDS = "\x04"  # gettext: what stands before a message to tell it from one of the same words
PLACEHOLDER = re.compile(r"\{[^}]*\}|%\(?\w|%%|\[%|</?\w+[^>]*>|^\W*$")


def trees(english: str, chinese: Callable[[Path], Path | None]) -> Callable[[Path], Iterator[Pair]]:
    """A cutter of JSON files of messages: `english` is a pattern, `chinese` finds the translation of one."""

    def pairs(package: Path) -> Iterator[Pair]:
        for file in sorted(package.glob(english)):
            other = chinese(file)
            if other is not None and other.exists():
                translated = dict(leaves(json.loads(other.read_text("utf-8"))))
                for place, text in leaves(json.loads(file.read_text("utf-8"))):
                    yield from paired(text, translated.get(place, ""))

    return pairs


def beside(name: str) -> Callable[[Path], Path]:
    """The file of another name in the same folder."""
    return lambda file: file.with_name(name)


def hashed(pattern: str) -> Callable[[Path], Path | None]:
    """The first file in the same folder that fits a pattern."""
    return lambda file: next(iter(sorted(file.parent.glob(pattern))), None)


def catalogues(pattern: str) -> Callable[[Path], Iterator[Pair]]:
    """A cutter of JSON files in which an English message is the name of a list of its Chinese forms."""

    def pairs(package: Path) -> Iterator[Pair]:
        for file in sorted(package.glob(pattern)):
            messages = cast("dict[str, list[str]]", json.loads(file.read_text("utf-8")))
            messages.pop("")  # of the catalogue itself
            for english, forms in messages.items():
                yield from paired(english.rpartition(CONTEXT_ENDS)[2], forms[0])

    return pairs


def help_pages(english: str, chinese: str) -> Callable[[Path], Iterator[Pair]]:
    """A cutter of HTML in two folders: blocks stand beside each other where a page has as many in both."""

    def pairs(package: Path) -> Iterator[Pair]:
        for file in sorted(package.rglob(f"{english}/**/*.html")):
            other = Path(str(file).replace(f"/{english}/", f"/{chinese}/"))
            if other.exists():
                mine, theirs = blocks(file), blocks(other)
                if len(mine) == len(theirs):
                    for text, translation in zip(mine, theirs, strict=True):
                        yield from paired(text, translation)

    return pairs


def blocks(file: Path) -> list[str]:
    """A page's paragraphs and list items, those in a <script> too: Node-RED keeps its help there."""
    markup = re.sub(r"</?script[^>]*>", "", file.read_text("utf-8"))
    return [block for section in sections(markup) for block in section.blocks]


def paired(english: str, chinese: str) -> Iterator[Pair]:
    """The two, where they are a sentence or more, in two languages, and have no places to fill in."""
    english, chinese = one_line(english), one_line(chinese)
    fits = MESSAGE[0] <= words(english) <= MESSAGE[1] and han_share(chinese) >= 0.4 and han_share(english) == 0
    if fits and not PLACEHOLDER.search(english) and not PLACEHOLDER.search(chinese):
        yield Pair(english, chinese)


def leaves(tree: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a JSON tree, and where it stands."""
    if isinstance(tree, dict):
        for name, branch in cast("dict[str, Any]", tree).items():
            yield from leaves(branch, f"{place}/{name}")
    elif isinstance(tree, str):
        yield place, tree
