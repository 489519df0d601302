"""Scores from a file as a teacher: whatever made them, a cross-encoder elsewhere or people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.train.lists import TrainingList
from shortlist.train.plan import FILE
from shortlist.train.units import language_of, read_fields, read_lines

SCORED = "-scored"  # ends the "language" of a list whose pairs were judged in a file
LONGEST = 48  # passages of a list, unless one query has more


@dataclass(frozen=True)
class ScoreFile:
    """Scores by query and passage."""

    scores: Mapping[str, Mapping[str, float]]
    languages: frozenset[str]

    def parts(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        """The score of each pair that has one."""
        rows = [[self.scores[query].get(passage, np.nan) for passage in each.passages] for query in each.judged]
        return {FILE: np.array(rows, np.float32)}


def read_scores(file: Path) -> dict[str, dict[str, float]]:
    """Query → passage → score, of the queries with two different scores or more.

    Args:
        file: JSON Lines (.gz too), each with "query", "passage" and "score".

    Raises:
        UsageError: a line lacks one of them, or there is no query to learn from.
    """
    found: dict[str, dict[str, float]] = {}
    for where, line in read_lines(file):
        fields = read_fields(line, where)
        try:
            score = float(fields["score"])
            found.setdefault(str(fields["query"]), {})[str(fields["passage"])] = score
        except (KeyError, TypeError, ValueError) as problem:
            raise UsageError(f'{where} has no "query", "passage" and numeric "score" ({problem!r}).') from problem
        if not np.isfinite(score):
            raise UsageError(f"{where} has the score {score}; a finite number was expected.")
    told = {query: scored for query, scored in found.items() if len(set(scored.values())) > 1}
    if not told:
        raise UsageError(f"{file} has no query with two passages of different scores: nothing can be learnt from it.")
    return told


def score_lists(scores: Mapping[str, Mapping[str, float]]) -> Iterator[TrainingList]:
    """Lists of some queries and their passages, of one language each, in the order of the file."""
    languages = {query: language_of(max(scored, key=len)) for query, scored in scores.items()}
    for language in dict.fromkeys(languages.values()):
        asked: list[str] = []
        passages: dict[str, None] = {}
        for query in (query for query in scores if languages[query] == language):
            if asked and len(passages | dict.fromkeys(scores[query])) > LONGEST:
                yield _list(asked, passages, language)
                asked, passages = [], {}
            asked.append(query)
            passages |= dict.fromkeys(scores[query])
        yield _list(asked, passages, language)


def _list(asked: list[str], passages: Mapping[str, None], language: str) -> TrainingList:
    return TrainingList(tuple(asked), tuple(asked), tuple(passages), language + SCORED)
