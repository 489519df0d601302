"""What `shortlist rerank` shows of its own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.small_models import config, save_model

from shortlist.cli.group import shortlist
from shortlist.cli.rerank import about


@given(st.floats(1e-3, 1e7))
def test_an_estimate_is_shown_within_a_twentieth_and_with_two_digits(seconds: float) -> None:
    shown = about(seconds).replace(",", "")
    assert math.isclose(float(shown), seconds, rel_tol=0.0501)
    assert len(shown.replace(".", "").strip("0")) <= 2


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0"), (0.0312, "0.031"), (2.46, "2.5"), (39.96, "40"), (1234.5, "1,200")]
)
def test_how_an_estimate_is_written(seconds: float, shown: str) -> None:
    assert about(seconds) == shown


@pytest.mark.parametrize(("incomplete", "offered"), [("", ["best", "first", "mean"]), ("m", ["mean"]), ("3", [])])
def test_tab_offers_the_ways_to_count_windows(incomplete: str, offered: list[str]) -> None:
    completion = ShellComplete(shortlist, {}, "shortlist", "_SHORTLIST_COMPLETE")
    found = completion.get_completions(["rerank", "q", "f", "--windows"], incomplete)
    assert [item.value for item in found] == offered


@pytest.mark.parametrize(("precision", "ending"), [("exact", ""), ("int8", "-int8")])
def test_the_precision_asked_for_is_named_in_the_result(tmp_path: Path, precision: str, ending: str) -> None:
    save_model(tmp_path, config("bert"))
    asked = ["rerank", "a b", "--model", str(tmp_path), "--precision", precision, "--json"]
    found = CliRunner().invoke(shortlist, asked, input="a b\nc d\n", catch_exceptions=False)
    _, _, revision = json.loads(found.stdout)["model"].partition("@")
    assert revision[12:] == ending
