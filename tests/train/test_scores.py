"""A file of scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shortlist.errors import UsageError
from shortlist.train.scores import ScoreFile, read_scores, score_lists


def write(file: Path, *scores: tuple[str, str, object]) -> Path:
    lines = [json.dumps({"query": query, "passage": text, "score": score}) + "\n" for query, text, score in scores]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def test_every_scored_pair_is_in_a_list_and_no_other_pair_has_a_score(tmp_path: Path) -> None:
    given = [(f"q{i}", f"the passage {i % 7} {j}", i + j) for i in range(30) for j in range(4)]
    given += [("问", f"第{j}段签名密钥", j) for j in range(3)] + [("alone", "one passage", 1)]
    scores = read_scores(write(tmp_path / "s.jsonl", *given))
    assert "alone" not in scores  # nothing to compare it with
    lists = list(score_lists(scores))
    assert [each.language for each in lists].count("zh-scored") == 1
    found: dict[tuple[str, str], float] = {}
    for each in lists:
        part = ScoreFile(scores, frozenset({each.language})).parts(each)["scores"]
        assert part.shape == (len(each.asked), len(each.passages))
        for i, j in zip(*np.nonzero(~np.isnan(part)), strict=True):
            found[each.judged[i], each.passages[j]] = float(part[i, j])
    assert found == {(query, text): score for query, text, score in given if query != "alone"}


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([("q", "a", 1), ("q", "b", 1)], "no query with two passages of different scores"),
        ([("q", "a", "high")], "numeric"),
        ([("q", "a", float("nan"))], "finite"),
        ([], "nothing can be learnt"),
    ],
)
def test_scores_that_say_nothing_are_an_error(tmp_path: Path, scores: list[tuple[str, str, object]], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_scores(write(tmp_path / "s.jsonl", *scores))
