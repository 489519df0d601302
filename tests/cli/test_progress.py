"""Long work shows that it goes on, to whoever watches and nobody else; results stay alone on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.golden.small_models import config, save_model

from shortlist.cli.group import shortlist
from shortlist.cli.progress import progress


@pytest.mark.parametrize("watched", [True, False])
def test_reranking_says_what_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: bool) -> None:
    watch(monkeypatch, watched)
    asked = ["rerank", "the key", "--model", str(save_model(tmp_path, config("bert"))), "--json"]
    for more, told in ((["--depth", "2"], "reading 2 passages"), (["--estimate"], "reading a few passages")):
        done = CliRunner().invoke(shortlist, [*asked, *more], input="the key\nthe old key\na day\n")
        assert done.exit_code == 0, done.output
        assert (told in done.stderr) == watched
        assert json.loads(done.stdout)["query"] == "the key"


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], watched: bool) -> None:
    watch(monkeypatch, watched)
    with progress("Asking", unit="queries") as advance:
        advance(3, total=7, what="q3")
    told = " ".join(click.unstyle(capsys.readouterr().err).split())
    assert ("Asking" in told and "3/7 queries" in told and "q3" in told) == watched


def watch(monkeypatch: pytest.MonkeyPatch, watched: bool) -> None:
    """As in a terminal of some width, or not in one."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if watched:
        monkeypatch.setenv("FORCE_COLOR", "1")
