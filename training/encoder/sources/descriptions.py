"""What Debian's packages say of themselves: a line that asks for the paragraphs below it; in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.encoder.sources.parallel import paired
from training.encoder.sources.passages import Pair, Passage, Section, cut, one_line


@dataclass(frozen=True, slots=True)
class Description:
    """One package's: its first line, and its paragraphs and list items."""

    line: str
    blocks: tuple[str, ...]


def descriptions(language: str) -> Callable[[Path], Iterator[Passage]]:
    """A cutter of those in "en" or "zh_CN"."""

    def passages(package: Path) -> Iterator[Passage]:
        for description in read_descriptions(package, language).values():
            yield from cut(Section(description.line, description.blocks))

    return passages


def pairs(package: Path) -> Iterator[Pair]:
    """English descriptions with the Chinese first line, and paragraphs with theirs where both have as many."""
    english = read_descriptions(package, "en")
    for key, chinese in read_descriptions(package, "zh_CN").items():
        if key in english:
            said = english[key]
            yield from paired(f"{said.line}. {' '.join(said.blocks)}", chinese.line)
            if len(said.blocks) == len(chinese.blocks):
                for block, translation in zip(said.blocks, chinese.blocks, strict=True):
                    yield from paired(block, translation)


def read_descriptions(package: Path, language: str) -> dict[str, Description]:
    """By package and fingerprint of the English text, which says whether a translation is of the same."""
    found: dict[str, Description] = {}
    for file in sorted(package.glob(f"*Translation-{language.replace('_', '%5f')}.txt")):
        for stanza in file.read_text("utf-8").split("\n\n"):
            fields = re.match(
                rf"Package: (.+)\nDescription-md5: (.+)\nDescription-{language}: ?(.*)\n?((?: .*\n?)*)", stanza
            )
            if fields is not None and (description := _description(fields[3], fields[4])):
                found[f"{fields[1]} {fields[2]}"] = description
    return found


def _description(line: str, rest: str) -> Description | None:
    """Blocks end at a line with a dot alone, and list items begin with a mark."""
    blocks = re.split(r"\n \.\n|\n(?=\s+[-*+•] )", rest)
    cleaned = (one_line(re.sub(r"^\s*[-*+•] |^ \.$", "", block, flags=re.MULTILINE)) for block in blocks)
    held = tuple(filter(None, cleaned))
    return Description(one_line(line), held) if line.strip() and held else None
