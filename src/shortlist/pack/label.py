"""How a passage stands in the prompt: a line that names its source, then its text."""

from __future__ import annotations

from shortlist.pack.merge import Stretch
from shortlist.records import page_range


def rendered(number: int, stretch: Stretch) -> str:
    """The passage as the model will read it, such as

    [2] handbook/keys.pdf, p. 3-4 › Signing › Rotation
    Rotate the key every ninety days …
    """
    chunk = stretch.first
    page = f", p. {page_range(chunk.page, stretch.page_end)}" if chunk.page is not None else ""
    path = "".join(f" › {part}" for part in chunk.heading_path if part)
    label = " ".join(f"[{number}] {chunk.place}{page}{path}".split())  # a source cannot break out of its line
    return f"{label}\n{stretch.text.strip()}"


SEPARATOR = "\n\n"


def joined(stretches: tuple[Stretch, ...]) -> str:
    """All passages, numbered from 1, as one text."""
    return SEPARATOR.join(rendered(i, stretch) for i, stretch in enumerate(stretches, 1))
