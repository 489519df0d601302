"""`shortlist calibrate`: judged pairs in, a relevance from then on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.golden.small_models import config, save_model

from shortlist.cli.group import shortlist
from shortlist.errors import ReadError, UsageError
from shortlist.rerank import Rerank
from shortlist.rerank.calibration import read_judged

QUERIES = ("how is the key rotated", "is the old key signed", "如何轮换密钥")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", config("bert"))


@pytest.fixture
def model(made: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "model"
    shutil.copytree(made, directory)
    return directory


@pytest.fixture
def labels(model: Path, tmp_path: Path) -> Path:
    """Pairs of which those that the model scores higher are the relevant ones, with two exceptions."""
    lines: list[str] = []
    for query in QUERIES:
        texts = [f"{'the key ' * n}is {'old' if n % 2 else 'new'} {n}" for n in range(8)]
        order = [c.chunk.text for c in Rerank(str(model), on_error="raise")(query, texts)]
        for place, text in enumerate(order):
            relevant = place < 4 if text != texts[0] else place >= 4
            lines.append(json.dumps({"query": query, "text": text, "relevant": relevant}))
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(shortlist, [str(argument) for argument in arguments])


def test_what_is_fitted_is_what_the_stage_uses(model: Path, labels: Path) -> None:
    [before] = Rerank(str(model))("the key", ["the old key"])
    assert before.relevance is None
    result = run("calibrate", model, labels, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["pairs"], told["labels"], told["file"]) == (24, "labels.jsonl", str(model / "calibration.json"))
    [after] = Rerank(str(model), threshold=0.0)("the key", ["the old key"])
    assert after.relevance is not None


def test_it_can_be_kept_elsewhere(model: Path, labels: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine.json"
    result = run("calibrate", model, labels, "--out", elsewhere)
    assert result.exit_code == 0, result.output
    assert "calibration error" in result.stdout
    [candidate] = Rerank(str(model))("the key", ["the old key"])
    assert candidate.relevance is None
    [candidate] = Rerank(str(model), calibration=elsewhere)("the key", ["the old key"])
    assert candidate.relevance is not None


def test_a_test_set_is_labels_too(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORTLIST_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    texts = [f"the {'key ' * n}is old {n}" for n in range(9)]
    corpus = [json.dumps({"_id": f"d{i}", "text": text}) for i, text in enumerate(texts)]
    queries = [json.dumps({"_id": f"q{i}", "text": query}) for i, query in enumerate(QUERIES)]
    (folder / "corpus.jsonl").write_text("\n".join(corpus))
    (folder / "queries.jsonl").write_text("\n".join(queries))
    lines = ["query-id\tcorpus-id\tscore"]
    for number, query in enumerate(QUERIES):
        best = [int(c.chunk.id) for c in Rerank(str(model), on_error="raise")(query, texts)][:4]
        lines += [f"q{number}\td{i}\t1" for i in best]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines))
    result = run("calibrate", model, folder, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["pairs"], told["relevant"], told["labels"]) == (27, 12, "beir test")


@pytest.mark.parametrize(
    "line", ["not JSON", "[]", '{"query": "q", "text": "t"}', '{"query": "", "text": "t", "relevant": true}', "1"]
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(f'{{"query": "q", "text": "t", "relevant": 2}}\n\n{line}\n')
    with pytest.raises(UsageError, match="Line 3"):
        list(read_judged(file))


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match=r"labels\.jsonl"):
        list(read_judged(tmp_path / "labels.jsonl"))
