"""The given text → units: JSON Lines as they stand, any other file read and cut into passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.chunk import Chunker
from shortlist.errors import UsageError
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.read import Skipped, list_files, read_paths
from shortlist.records import Chunk, Document
from shortlist.train.units import Unit, distinct, read_units, unit_of

LINES = (".jsonl", ".jsonl.gz")
SHORTEST = 20  # characters of a passage
PASSAGE = 256  # tokens, at most


@dataclass(frozen=True, slots=True)
class TrainingText:
    """What there is to learn from."""

    units: tuple[Unit, ...]
    left_out: Mapping[str, int]  # passages, by why


def read_text(paths: Sequence[str], tokenizer: ModelTokenizer, unknown_limit: float) -> TrainingText:
    """Everything at `paths` that the model can learn from.

    Args:
        paths: JSON Lines (see `read_units`); other files, folders and globs as `shortlist index` takes them, whose
            headings become queries.
        tokenizer: of the model that will learn; passages are measured in its tokens.
        unknown_limit: a passage with a larger share of characters that it cannot spell is left out.

    Raises:
        ReadError: a path that is not there.
        UsageError: a line of JSON Lines that is no unit; or there is nothing to learn from at all.
    """
    found = list(_units(paths, tokenizer))
    long_enough = [unit for unit in found if len(unit.passage.strip()) >= SHORTEST]
    different = list(distinct(long_enough))
    spelt = [
        unit
        for unit in different
        if max(map(tokenizer.unknown_share, (unit.passage, unit.asked))) <= unknown_limit and _has_words(unit)
    ]
    left_out = {
        "too short": len(found) - len(long_enough),
        "there already": len(long_enough) - len(different),
        "in a language that the model cannot read": len(different) - len(spelt),
    }
    if not spelt:
        said = ", ".join(f"{count} {why}" for why, count in left_out.items() if count) or "no passage with a query"
        raise UsageError(
            f"There is nothing to learn from in {', '.join(paths)}: {said}. Give text in English or Chinese, of "
            "several sentences a passage.",
            left_out=left_out,
        )
    return TrainingText(tuple(spelt), {why: count for why, count in left_out.items() if count})


def _units(paths: Sequence[str], tokenizer: ModelTokenizer) -> Iterator[Unit]:
    lines = [path for path in paths if path.lower().endswith(LINES) and Path(path).is_file()]
    yield from read_units(map(Path, lines))
    others = [path for path in paths if path not in lines]
    if not others:
        return
    inside = [source.content for source in list_files(others) if source.name.lower().endswith(LINES)]
    yield from read_units(file for file in inside if isinstance(file, Path))
    chunker = Chunker(size=PASSAGE)
    for document in read_paths(others):
        if not isinstance(document, Skipped) and not document.source.lower().endswith(LINES):
            yield from units_of(document, chunker, tokenizer)


def units_of(document: Document, chunker: Chunker, tokenizer: ModelTokenizer) -> Iterator[Unit]:
    """A unit a chunk. The first under a heading has the heading as its query, the others a sentence of their own."""
    asked: Counter[str] = Counter()
    for chunk in chunker.chunk(document, tokenizer):
        heading = _question(chunk)
        asked[heading] += 1
        unit = unit_of(heading if asked[heading] == 1 else "", _body(chunk))
        if unit is not None:
            yield unit


def _question(chunk: Chunk) -> str:
    """The last two parts of where the chunk stands: a heading alone may say no more than "Usage"."""
    path = [part for part in dict.fromkeys((chunk.title, *chunk.heading_path)) if part]
    return " ".join(path[-2:]) if chunk.heading_path else ""


def _body(chunk: Chunk) -> str:
    """The text without the headings that it begins with: a query should not stand in its passage word for word."""
    lines = chunk.text.split("\n")
    while len(lines) > 1 and (not lines[0].strip(" \t=-~#*") or lines[0].strip(" \t#*") in chunk.heading_path):
        lines.pop(0)
    return "\n".join(lines)


def _has_words(unit: Unit) -> bool:
    """Whether half of its characters or more are letters: figures and symbols are in no language."""
    text = unit.passage
    return sum(map(str.isalpha, text)) * 2 >= len(text) - sum(map(str.isspace, text))
