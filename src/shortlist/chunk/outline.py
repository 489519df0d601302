"""Which headings and which page hold at each place of a document."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.chunk.languages import CODE
from shortlist.records import Document

UNDERLINE = r"[^\S\r\n]*([=\-~^\"'`#*+.:_])\1{2,}[^\S\r\n]*"  # of a heading, in Markdown and reStructuredText
LINE_END = r"(?:\r\n?|\n|\Z)"
HEADING_LINES = re.compile(rf"[^\r\n]*{LINE_END}(?:{UNDERLINE}{LINE_END})?")


@dataclass(frozen=True, slots=True)
class Outline:
    """The sections of a document: from one heading to the next of any level, the first one without a heading."""

    starts: Sequence[int]
    paths: Sequence[tuple[str, ...]]  # titles of the headings in force, outermost first
    bodies: Sequence[int]  # where the text below the heading begins
    page_starts: Sequence[int]
    page_numbers: Sequence[int]

    @classmethod
    def of(cls, document: Document) -> Outline:
        """The outline of a document, from its marks."""
        starts, bodies = [0], [0]
        paths: list[tuple[str, ...]] = [()]
        above: list[tuple[int, str]] = []
        for heading in document.headings:
            above = [(level, title) for level, title in above if level < heading.level] + [
                (heading.level, heading.title)
            ]
            paths.append(tuple(title for _, title in above))
            starts.append(heading.start)
            lines = HEADING_LINES.match(document.text, heading.start)
            # The line that heads a definition in source code is part of what it says.
            bodies.append(heading.start if document.format in CODE or lines is None else lines.end())
        pages = document.pages
        return cls(starts, paths, bodies, [page.start for page in pages], [page.number for page in pages])

    def path(self, text: str, start: int, end: int) -> tuple[str, ...]:
        """The headings in force for all of `text[start:end]`: what the paths of its sections have in common.

        A section of which only the heading is there does not count, unless no section has more.
        """
        inside = range(bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1))
        ends = [*(self.starts[section] for section in inside[1:]), end]
        filled = [
            section
            for section, stop in zip(inside, ends, strict=True)
            if text[max(start, self.bodies[section]) : stop].strip()
        ]
        return _common([self.paths[section] for section in filled or inside])

    def page(self, start: int) -> int | None:
        """The page on which `start` stands; None where none is marked."""
        at = bisect_right(self.page_starts, start) - 1
        return self.page_numbers[at] if at >= 0 else None


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    common = paths[0]
    for path in paths[1:]:
        same = next((i for i, (a, b) in enumerate(zip(common, path, strict=False)) if a != b), None)
        common = common[: min(len(common), len(path)) if same is None else same]
    return common
