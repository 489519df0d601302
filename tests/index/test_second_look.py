"""What was measured of a reranker is remembered with the index, and forgotten when asked."""

from pathlib import Path

import pytest

from shortlist.index.second_look import FILE, measured, remember

LOST = {"dataset": "mine", "queries": 50, "measure": "nDCG@10", "difference": -0.2, "low": -0.3, "high": -0.1}
WON = {**LOST, "difference": 0.2, "low": 0.1, "high": 0.3}


def test_what_is_remembered_is_what_was_measured(tmp_path: Path) -> None:
    remember(tmp_path, "a@1", LOST)
    remember(tmp_path, "b@1", WON)
    assert measured(tmp_path, "a@1") == LOST
    remember(tmp_path, "a@1", WON)
    assert (measured(tmp_path, "a@1"), measured(tmp_path, "b@1")) == (WON, WON)
    remember(tmp_path, "a@1", None)
    assert (measured(tmp_path, "a@1"), measured(tmp_path, "b@1")) == (None, WON)


def test_nothing_remembered_leaves_no_file(tmp_path: Path) -> None:
    remember(tmp_path, "a@1", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a@1": 3}', '{"a@1": {"high": -1}}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert measured(tmp_path, "a@1") is None
    remember(tmp_path, "a@1", LOST)
    assert measured(tmp_path, "a@1") == LOST
