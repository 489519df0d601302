"""The model card: what a stranger must know of a model that was trained here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shortlist.train.export.parity import Parity


@dataclass(frozen=True, slots=True)
class Origin:
    """A model that had a part in it."""

    role: str  # "base" or "teacher"
    name: str
    licence: str  # as its directory states it; empty where it does not
    languages: tuple[str, ...]  # that it was heard in
    weight: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt, from whom, and how it went."""

    origins: Sequence[Origin]
    texts: Mapping[str, tuple[int, int]]  # language → passages learnt from, passages held out
    left_out: Mapping[str, int]
    steps: int
    best_step: int
    before: Mapping[str, Sequence[float]]  # language → divergence of cosine and of MaxSim on the lists held out
    after: Mapping[str, Sequence[float]]


def model_card(lesson: Lesson, parity: Parity, config: Mapping[str, object]) -> str:
    """README.md in Markdown."""
    name = config["name"]
    return f"""\
# {name}

An encoder that `shortlist train encoder` made: text to a vector of {config["dimensions"]} numbers, and token vectors
for late interaction. Use it with `shortlist index --encoder DIR`. Revision {config["revision"]}.

Licence: {config["licence"] or "not stated"}. What it was made from:

| part | model | licence, as its directory states it | heard in | weight |
|---|---|---|---|---|
{_rows((o.role, o.name, o.licence or "not stated", ", ".join(o.languages), f"{o.weight:g}") for o in lesson.origins)}

| language | passages learnt from | held out |
|---|---|---|
{_rows((language, f"{learnt:,}", f"{held:,}") for language, (learnt, held) in lesson.texts.items())}

{_left_out(lesson.left_out)}
Divergence from the teachers on the lists held out (Kullback-Leibler, nats a query; lower is nearer), before and after
{lesson.best_step} of {lesson.steps} steps:

| language | cosine | MaxSim |
|---|---|---|
{_rows(_change(language, lesson) for language in lesson.after)}

Exported with int8 products and 4-bit words: cosine to the learnt model in float32 on {parity.texts} texts held out:
mean {parity.mean:.5f}, least {parity.least:.5f}.

These figures say how well it follows its teachers. How well it finds, measure on questions of your own:
`shortlist evaluate`.
"""


def stated_licence(directory: Path) -> str:
    """What the card in a model directory says in its head; empty where it says nothing."""
    card = directory / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    found = re.search(r"\A---\n.*?^licen[cs]e:\s*(\S[^\n]*)$.*?^---$", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _change(language: str, lesson: Lesson) -> tuple[str, ...]:
    pairs = zip(lesson.before[language], lesson.after[language], strict=True)
    return (language, *(f"{before:.4f} → {after:.4f}" for before, after in pairs))


def _left_out(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    return f"Left out: {', '.join(f'{count:,} {why}' for why, count in counts.items())}.\n"
