"""What is learned from: passages, most of them with queries, in one language each."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        UsageError: a line is not JSON, or has no passage.
    """
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            try:
                fields: Any = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{file}, line {number} is not JSON ({error}). Give JSON Lines.") from error
            yield from _units(fields, f"{file}, line {number}")


def language_of(text: str) -> str:
    """ "zh" where a fifth of the letters or more are Han, else "en"."""
    return CHINESE if han_share(text) >= 0.2 else ENGLISH


def fingerprint(text: str) -> str:
    """Equal for texts that differ in case, white space and punctuation alone."""
    return hashlib.blake2b(re.sub(r"[\W_]+", "", text.lower()).encode(), digest_size=8).hexdigest()


def _lines(file: Path) -> Iterator[str]:
    opened = gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8")
    with opened as lines:
        yield from (line for line in lines if line.strip())


def _units(fields: dict[str, Any], where: str) -> Iterator[Unit]:
    if "en" in fields and "zh" in fields:
        yield Unit(fields["en"], fields["zh"], fields["en"], ENGLISH)
        return
    passage = next((fields[name] for name in PASSAGE_FIELDS if fields.get(name)), None)
    if not isinstance(passage, str):
        raise UsageError(f"{where} has no passage. Expected one of the fields {', '.join(PASSAGE_FIELDS)}.")
    query = fields.get("query")
    if not query:
        query, passage = split_sentence(passage)
    if query and passage:
        yield Unit(passage, query, query, language_of(passage))


def split_sentence(passage: str) -> tuple[str, str]:
    """A sentence from the middle of a passage, and the passage without it; the first is empty where it has only one."""
    sentences = [match for match in SENTENCE.findall(passage) if len(match.strip()) > 8]
    if len(sentences) < 3:
        return "", passage
    chosen = sentences[len(sentences) // 2]
    return chosen.strip(), passage.replace(chosen, " ", 1)
