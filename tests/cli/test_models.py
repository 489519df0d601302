"""`shortlist models`: list, fetch, show, check, and what Tab offers."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from tests.golden.small_models import config, save_model
from tests.models.hub.server import FakeHub

from shortlist.cli.group import shortlist
from shortlist.errors import FetchFailed, ModelNotFound, UsageError
from shortlist.models.catalogue import known_models
from shortlist.models.stored_check import FILE

NAME, NOT_FREE = "house/reranker", "jinaai/jina-reranker-v2-base-multilingual"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save_model(tmp_path / "reranker", config("bert"))


def run(*arguments: str | Path, text: str = "") -> Result:
    return CliRunner().invoke(shortlist, [str(argument) for argument in arguments], input=text)


def test_a_fetched_model_serves_every_command_by_its_name(hub: FakeHub, model: Path) -> None:
    commit = hub.push_directory(NAME, model)
    result = run("models", "fetch", NAME)
    assert result.exit_code == 0, result.output
    path = Path(result.stdout.strip())
    assert path.name == commit
    assert f"at commit {commit}" in result.stderr
    asked = len(hub.asked)
    reranked = run("rerank", "how is the key rotated", "--model", NAME, "--json", text="the key\nan old day\n")
    assert reranked.exit_code == 0, reranked.output
    assert json.loads(reranked.stdout)["model"].startswith(NAME)
    [listed] = [each for each in json.loads(run("models", "--json").stdout)["models"] if each["name"] == NAME]
    assert (listed["state"], listed["commit"], listed["path"]) == ("fetched", commit, str(path))
    assert json.loads(run("models", "show", NAME, "--json").stdout)["models"][0]["commit"] == commit
    assert run("models", "check", NAME).exit_code == 0
    assert len(hub.asked) == asked, "only fetch opens a connection"


def test_a_licence_that_forbids_commercial_use_is_told(hub: FakeHub, model: Path) -> None:
    hub.push_directory(NOT_FREE, model)
    result = run("models", "fetch", NOT_FREE)
    assert "CC-BY-NC-4.0, forbids commercial use" in result.stderr
    assert "forbids commercial use" in run("models", "show", NOT_FREE).stdout


def test_what_cannot_be_fetched_is_an_error(hub: FakeHub) -> None:
    assert isinstance(run("models", "fetch", NAME).exception, ModelNotFound)
    assert isinstance(run("models", "fetch", "bge-m3").exception, UsageError)
    hub.status = 500
    assert isinstance(run("models", "fetch", NAME).exception, FetchFailed)


def test_listing_and_showing_open_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    result = run("models")
    assert result.exit_code == 0, result.output
    assert set(known_models()) <= {line.split()[0] for line in result.stdout.splitlines() if line.strip()}
    shown = run("models", "show", "Qwen/Qwen3-Reranker-0.6B", "BAAI/bge-m3").stdout
    assert "not fetched: shortlist models fetch BAAI/bge-m3" in shown
    assert "pip install 'shortlist[torch]'" in shown


def test_what_nothing_runs_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    [line] = [line for line in run("models").stdout.splitlines() if "gte-multilingual-reranker-base" in line]
    assert line.split()[1] == "✗"
    shown = run("models", "show", "Alibaba-NLP/gte-multilingual-reranker-base").stdout
    assert "never run" in shown
    assert "models fetch" not in shown


def test_a_model_in_place_of_a_command_gets_the_command(model: Path) -> None:
    result = run("models", model)
    assert result.exit_code == 2
    assert f"shortlist models show {model}" in result.stderr


def test_checking_says_ok_or_what_differs(model: Path) -> None:
    assert "no scores are stored" in run("models", "check", model).stdout
    assert "ok, all 6 stored scores are right" in run("models", "check", model, "--record").stdout
    stated = json.loads((model / FILE).read_text(encoding="utf-8"))
    stated["pairs"][4]["score"] += 1
    (model / FILE).write_text(json.dumps(stated), encoding="utf-8")
    result = run("models", "check", model)
    assert result.exit_code == 1
    assert "1 of 6 stored scores differ" in result.stdout
    assert stated["pairs"][4]["passage"][:8] in result.stdout
    told = json.loads(run("models", "check", model, "--json").stdout)
    assert [pair["ok"] for pair in told["pairs"]] == [True, True, True, True, False, True]


def test_precisions_are_compared_on_texts_of_one_s_own(model: Path) -> None:
    lines = [json.dumps({"query": "the key", "passages": [f"the key {n}" for n in range(12)]})]
    lines += [json.dumps({"query": "the day", "text": text}) for text in ("a new day", "the old key")]
    result = run("models", "check", model, "-", text="\n".join(lines))
    assert result.exit_code == 0, result.output
    assert "Kendall tau" in result.stdout
    told = json.loads(run("models", "check", model, "-", "--json", text="\n".join(lines)).stdout)
    assert (told["queries"], told["pairs"], told["precisions"][0]["precision"]) == (2, 14, "exact")


def test_recording_takes_no_file(model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text("", encoding="utf-8")
    assert run("models", "check", model, tmp_path / "texts.jsonl", "--record").exit_code == 2
    assert not (model / FILE).exists()


@pytest.mark.parametrize(
    ("arguments", "incomplete", "offered"),
    [
        (["models", "fetch"], "baai/bge-reranker-v2", {"BAAI/bge-reranker-v2-m3", "BAAI/bge-reranker-v2-gemma"}),
        (["models", "show"], "def", {"default"}),
        (["rerank", "the key", "--model"], "mixed", {name for name in known_models() if name.startswith("mixed")}),
    ],
)
def test_tab_offers_the_known_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], incomplete: str, offered: set[str]
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    completion = ShellComplete(shortlist, {}, "shortlist", "_SHORTLIST_COMPLETE")
    assert {item.value for item in completion.get_completions(arguments, incomplete)} == offered


def test_tab_offers_files_where_no_name_begins_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    completion = ShellComplete(shortlist, {}, "shortlist", "_SHORTLIST_COMPLETE")
    assert [item.type for item in completion.get_completions(["models", "show"], "./models/")] == ["file"]
