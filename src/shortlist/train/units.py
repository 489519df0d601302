"""What is learned from: passages, most of them with queries, in one language each."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from shortlist.errors import UsageError
from shortlist.text.scripts import han_share

PASSAGE_FIELDS = ("positive", "text", "passage")
SENTENCE = re.compile(r"[^。！？；.!?\n]+[。！？；.!?]?")
ENGLISH, CHINESE = "en", "zh"


@dataclass(frozen=True, slots=True)
class Unit:
    """One passage to learn from.

    `asked` is the query as the student reads it; `judged` the same query as the teachers read it, in English where
    `asked` is its Chinese translation.
    """

    passage: str
    asked: str
    judged: str
    language: str  # of the passage: "en" or "zh"


def read_units(files: Iterable[Path]) -> Iterator[Unit]:
    """The units of JSON Lines files (.gz too), a line each.

    A line has a passage ("positive", "text" or "passage") and may have a "query"; without one, a sentence of the
    passage is the query and the rest the passage. A line with "en" and "zh" is a text in both languages: a Chinese
    question over an English passage.

    Raises:
        UsageError: a file is no text, or a line is not JSON or has no passage.
    """
    for where, line in (numbered for file in files for numbered in read_lines(file)):
        yield from _units(read_fields(line, where), where)


def read_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Each line of a text file (.gz too) that is not blank, with the words that say where it stands.

    Raises:
        UsageError: it is not UTF-8, or not gzip.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{file}, line {number}", line.decode("utf-8")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UsageError(
            f"{file} cannot be read as text: {error}. Give JSON Lines in UTF-8, or .gz of them."
        ) from error


def read_fields(line: str, where: str) -> dict[str, Any]:
    """The object of one line of JSON Lines.

    Raises:
        UsageError: it holds none.
    """
    try:
        fields = cast("dict[str, Any]", json.loads(line))
    except ValueError as error:
        raise UsageError(f"{where} is not JSON ({error}). Give JSON Lines.") from error
    if not isinstance(fields, dict):
        raise UsageError(f"{where} is no JSON object. Give JSON Lines, an object a line.")
    return fields


def language_of(text: str) -> str:
    """ "zh" where a fifth of the letters or more are Han, else "en"."""
    return CHINESE if han_share(text) >= 0.2 else ENGLISH


def fingerprint(text: str) -> str:
    """Equal for texts that differ in case, white space and punctuation alone."""
    return hashlib.blake2b(re.sub(r"[\W_]+", "", text.lower()).encode(), digest_size=8).hexdigest()


def distinct(units: Iterable[Unit]) -> Iterator[Unit]:
    """Without those whose passage has come before."""
    seen: set[str] = set()
    for unit in units:
        mark = fingerprint(unit.passage)
        if mark not in seen:
            seen.add(mark)
            yield unit


def unit_of(query: str, passage: str) -> Unit | None:
    """A passage and its query; without one, a sentence of the passage is the query. None where that leaves nothing."""
    if not query.strip():
        query, passage = split_sentence(passage)
    return Unit(passage, query, query, language_of(passage)) if query.strip() and passage.strip() else None


def split_sentence(passage: str) -> tuple[str, str]:
    """A sentence from the middle of a passage, and the passage without it; the first is empty where it has only one."""
    sentences = [match for match in SENTENCE.findall(passage) if len(match.strip()) > 8]
    if len(sentences) < 3:
        return "", passage
    chosen = sentences[len(sentences) // 2]
    return chosen.strip(), passage.replace(chosen, " ", 1)


def _units(fields: dict[str, Any], where: str) -> Iterator[Unit]:
    if "en" in fields and "zh" in fields:
        yield Unit(str(fields["en"]), str(fields["zh"]), str(fields["en"]), ENGLISH)
        return
    passage = next((fields[name] for name in PASSAGE_FIELDS if fields.get(name)), None)
    if not isinstance(passage, str):
        raise UsageError(f"{where} has no passage. Expected one of the fields {', '.join(PASSAGE_FIELDS)}.")
    unit = unit_of(str(fields.get("query") or ""), passage)
    if unit is not None:
        yield unit
