"""`shortlist train` where its extra is not installed; with it: tests/torch/train."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from shortlist.cli.group import shortlist
from shortlist.cli.train import Weighted
from shortlist.errors import MissingExtra


def test_without_torch_it_says_what_to_type(tmp_path: Path) -> None:
    result = CliRunner().invoke(shortlist, ["train", "encoder", "text.jsonl", "--out", str(tmp_path / "model")])
    assert isinstance(result.exception, MissingExtra)
    assert "pip install 'shortlist[train]'" in result.exception.message
    assert list(tmp_path.iterdir()) == []


def test_a_teacher_has_a_weight(tmp_path: Path) -> None:
    odd = tmp_path / "a=2"
    odd.mkdir()
    given = {"mpnet": ("mpnet", 1.0), "a/b=1.5": ("a/b", 1.5), "x=y=2": ("x=y", 2.0), str(odd): (str(odd), 1.0)}
    assert {text: Weighted()(text) for text in given} == given


@pytest.mark.parametrize("weight", ["much", "0", "-1", "nan", "inf"])
def test_a_weight_is_a_number_above_0(weight: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        shortlist, ["train", "encoder", "text.jsonl", f"--teacher=mpnet={weight}", f"--out={tmp_path / 'model'}"]
    )
    assert result.exit_code == 2
    assert "Give DIR=1.5" in result.stderr
