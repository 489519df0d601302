"""The one table of formats. A new format is one file here and one sample in the tests."""

from __future__ import annotations

from shortlist.read.formats import (
    code,
    csv,
    json,
    jsonl,
    markdown,
    rst,
    text,
)
from shortlist.read.port import Format

FORMATS: tuple[Format, ...] = (
    csv.FORMAT,
    jsonl.FORMAT,
    json.FORMAT,
    markdown.FORMAT,
    rst.FORMAT,
    code.FORMAT,
    text.FORMAT,
)
