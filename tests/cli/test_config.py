"""The command line obeys arguments over environment over shortlist.toml, and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shortlist.cli.group import shortlist


def run(*arguments: str) -> Result:
    return CliRunner().invoke(shortlist, arguments, catch_exceptions=False)


def context(*arguments: str) -> dict[str, Any]:
    return json.loads(run("context", "keys", "--json", *arguments).stdout)


def test_a_file_and_the_environment_set_what_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("Keys are rotated every ninety days.")
    (tmp_path / "shortlist.toml").write_text(
        'index = "made.shortlist"\n[pipeline]\nrerank = false\n[pipeline.retrieve]\nmethod = "bm25"\n'
        "[pipeline.pack]\nbudget = 100\n"
    )
    monkeypatch.chdir(tmp_path / "docs")
    assert run("index", ".").exit_code == 0
    assert (tmp_path / "made.shortlist").is_dir()
    assert context()["budget"] == 100
    assert list(context()["passages"][0]["scores"]) == ["bm25"]
    monkeypatch.setenv("SHORTLIST_PACK_BUDGET", "90")
    assert context()["budget"] == 90
    assert context("--budget", "80")["budget"] == 80
    assert "rerank" in context("--rerank")["passages"][0]["scores"]
    found = json.loads(run("search", "keys", "--json", "--method", "dense").stdout)
    assert found["scored_by"] == "dense"
    shown = json.loads(run("config", "--json").stdout)
    origins = {setting["name"]: setting["origin"] for setting in shown["settings"]}
    assert shown["file"] == origins["index"] == str(tmp_path / "shortlist.toml")
    assert origins["pipeline.pack.budget"] == "SHORTLIST_PACK_BUDGET"
    assert origins["pipeline.rerank.model"] == "default"
    assert "SHORTLIST_PACK_BUDGET" in run("config").stdout
