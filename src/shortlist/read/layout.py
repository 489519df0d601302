"""A text put together block by block, with its marks: what readers of formats without a text of their own make."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.records import Heading, Page


class Layout:
    """Blocks of text, headings and page breaks, in reading order."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.pages: list[Page] = []
        self._parts: list[str] = []
        self._length = 0
        self._page: int | None = None

    @property
    def text(self) -> str:
        """Everything added so far."""
        return "".join(self._parts)

    def add(self, block: str, *, after: str = "\n\n") -> int:
        """Add a block, put `after` between it and what stands before it, and return where it starts.

        White space around the block is dropped, and so is a block of nothing else.
        """
        block = block.strip("\r\n").rstrip()
        if not block.strip():
            return self._length
        if self._parts:
            self._append(after)
        start = self._length
        if self._page is not None:
            self.pages.append(Page(start, self._page))
            self._page = None
        self._append(block)
        return start

    def heading(self, title: str, level: int, *, text: str = "") -> None:
        """Add a heading: its title, or the `text` that shows it."""
        title = " ".join(title.split())
        if title:
            self.headings.append(Heading(self.add(text or title), level, title))

    def page(self, number: int) -> None:
        """What is added from here on stands on this page."""
        self._page = number

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Add a table, one line a row, as Markdown writes it: `| name | value |`, a rule below the first row."""
        shown = [[" ".join(cell.replace("|", "\\|").split()) for cell in row] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in shown if any(row)]
        if len(lines) > 1:
            lines.insert(1, "|" + " --- |" * max(len(row) for row in shown))
        self.add("\n".join(lines))

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)
