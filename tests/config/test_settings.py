"""Arguments over environment over file over defaults, each with where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.config import Setting, load_settings
from shortlist.config.known import known
from shortlist.errors import UsageError

BUDGET, VARIABLE = "pipeline.pack.budget", "SHORTLIST_PACK_BUDGET"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, content: str) -> str:
    (folder / "shortlist.toml").write_text(content, encoding="utf-8")
    return str(folder / "shortlist.toml")


def test_each_source_goes_before_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().settings[BUDGET] == Setting(BUDGET, 4000, "default")
    file = write(folder, "[pipeline.pack]\nbudget = 1")
    assert load_settings().settings[BUDGET] == Setting(BUDGET, 1, file)
    monkeypatch.setenv(VARIABLE, "2")
    assert load_settings().settings[BUDGET] == Setting(BUDGET, 2, VARIABLE)
    assert load_settings({BUDGET: 3}).settings[BUDGET] == Setting(BUDGET, 3, "argument")
    assert load_settings({BUDGET: None}).settings[BUDGET].value == 2


def test_plain_options_of_every_stage_are_settings() -> None:
    for name in ("pipeline.retrieve.fusion", "pipeline.rerank.threshold", "pipeline.rerank.deadline_ms", "index"):
        assert name in known()
    assert load_settings()["pipeline.rerank.depth"] is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("RERANK", "no", False),
        ("RERANK_WINDOWS", "mean", "mean"),
        ("RERANK_WINDOWS", "3", 3),
        ("RERANK_BLEND", "0.25", 0.25),
        ("RERANK_CACHE", "true", True),
        ("RETRIEVE_METHOD", "bm25", "bm25"),
        ("PACK_TOKENIZER", "模型/tokenizer.json", "模型/tokenizer.json"),
    ],
)
def test_the_environment_holds_text_that_is_read_as_what_the_setting_is(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"SHORTLIST_{name}", text)
    stage, _, option = name.lower().partition("_")
    found = load_settings()[f"pipeline.{stage}" + (f".{option}" if option else "")]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[pipeline.pack]\nbudgets = 1", r"no setting pipeline\.pack\.budgets \(.*toml\)\. Did you mean .*budget\?"),
        ("[pipeline.pack]\nbudget = '1'", r"budget is '1' \(.*toml\); expected was a whole number"),
        ("[pipeline.pack]\nbudget = true", "budget is True"),
        ("[pipeline.rerank]\nguard = 1", "expected was true or false"),
        ("[pipeline.retrieve]\nmethod = 'splade'", '"hybrid" or "bm25" or "dense"'),
        ("colour = 'red'", "The settings are: index, "),
    ],
)
def test_what_cannot_be_is_refused_with_where_it_stands(folder: Path, content: str, said: str) -> None:
    write(folder, content)
    with pytest.raises(UsageError, match=said):
        load_settings()
