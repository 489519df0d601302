"""Runs: which documents a system gave for each query, best first, as TREC and TSV files hold them."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shortlist.errors import ReadError, UsageError
from shortlist.evaluate.lines import bad_line, numbered_lines
from shortlist.records import NOTHING, Note


@dataclass(frozen=True, slots=True)
class Run:
    """For each query its documents, best first, each once."""

    name: str
    orders: Mapping[str, Sequence[str]]  # query → documents
    scores: Mapping[str, Sequence[float]] = field(default_factory=lambda: NOTHING)  # as long as the orders, or none
    notes: tuple[Note, ...] = ()


class _Row(NamedTuple):
    query: str
    document: str
    score: float
    rank: int


def read_run(path: Path) -> Run:
    """Read a run, gzipped or not.

    TREC: `query Q0 document rank score tag`, separated by white space. TSV: `query document score`, tab-separated
    or not, with or without a header line; where the third column counts 1, 2, 3 … down every query, it is the rank.

    Documents stand by falling score; equal scores by rank, then as the file has them (trec_eval, which ignores
    ranks, breaks ties by document id instead). A document named twice for a query keeps its better place, and a
    note ("run-duplicates") says how often that was.

    Raises:
        ReadError: the file cannot be read, is empty, or a line is neither format or has a score that is no number.
    """
    rows, tag = _rows(path)
    if not rows:
        raise ReadError(
            f"{path} holds no results; each line should be `query Q0 document rank score tag`.", path=str(path)
        )
    by_query: dict[str, list[_Row]] = {}
    for row in rows:
        by_query.setdefault(row.query, []).append(row)
    ranked = {query: _ranked(found) for query, found in by_query.items()}
    repeated = len(rows) - sum(map(len, ranked.values()))
    message = f"{path.name} names {repeated} documents twice for one query; the better place counts."
    return Run(
        name=tag or path.name.removesuffix(".gz"),
        orders={query: tuple(ranking) for query, ranking in ranked.items()},
        scores={query: tuple(ranking.values()) for query, ranking in ranked.items()},
        notes=(Note("run-duplicates", message, {"repeated": repeated}),) if repeated else (),
    )


def write_run(run: Run, path: Path) -> None:
    """Write a run in TREC's format, gzipped where the name ends in .gz. Reading it again gives the same orders.

    A query without scores gets 1 / rank, which says nothing but the order.

    Raises:
        UsageError: an id holds white space, which the format cannot carry.
    """
    lines: list[str] = []
    for query, order in run.orders.items():
        scores = run.scores.get(query) or [1 / rank for rank in range(1, len(order) + 1)]
        for rank, (document, score) in enumerate(zip(order, scores, strict=True), 1):
            lines.append(f"{_word(query)} Q0 {_word(document)} {rank} {score!r} {_word(run.name)}\n")
    data = "".join(lines).encode()
    # No time in the gzip header: the same run gives the same file.
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _ranked(found: list[_Row]) -> dict[str, float]:
    ranking: dict[str, float] = {}
    for row in sorted(found, key=lambda row: (-row.score, row.rank)):
        ranking.setdefault(row.document, row.score)
    return ranking


def _rows(path: Path) -> tuple[list[_Row], str]:
    rows: list[_Row] = []
    columns, tag = 0, ""
    for number, line in numbered_lines(path):
        fields = [field.strip() for field in line.split("\t")] if line.count("\t") == 2 else line.split()
        columns = columns or len(fields)
        if columns not in (3, 6) or len(fields) != columns:
            expected = "expected `query Q0 document rank score tag` or `query document score`, the same on every line"
            raise bad_line(path, number, f"has {len(fields)} columns; {expected}")
        score = _number(fields[4] if columns == 6 else fields[2])
        if score is None:
            if columns == 3 and number == 1:  # the names of the columns
                continue
            problem = f"has the score {fields[4 if columns == 6 else 2]!r}; a score is a finite number"
            raise bad_line(path, number, problem)
        if columns == 6:
            rank = _number(fields[3])
            rows.append(_Row(fields[0], fields[2], score, int(rank or 0)))
            tag = tag or fields[5]
        else:
            rows.append(_Row(fields[0], fields[1], score, 0))
    return (_ranks_as_scores(rows) if columns == 3 else rows), tag


def _ranks_as_scores(rows: list[_Row]) -> list[_Row]:
    """Three columns whose third one counts from 1 down every query hold ranks: turn them round."""
    last: dict[str, float] = {}
    for row in rows:
        if row.score != last.get(row.query, 0) + 1:
            return rows
        last[row.query] = row.score
    return [row._replace(score=1 / row.score) for row in rows]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _word(text: str) -> str:
    if not text or any(c.isspace() for c in text):
        raise UsageError(f"The id {text!r} cannot stand in a TREC run, which separates its columns by white space.")
    return text
