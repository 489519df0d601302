import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shortlist.cli.group import shortlist
from shortlist.index.second_look import measured, remember
from shortlist.models import load_reranker
from shortlist.rerank.readers import reader_of

TEXTS = {
    "keys": ("Rotating the signing key", "Rotate the signing key every ninety days and revoke the old one."),
    "backup": ("Backups", "A backup of the database runs every night at two."),
    "lunch": ("Lunch", "Lunch is served at noon in the garden."),
    "密钥": ("签名密钥", "签名密钥每九十天轮换一次，旧密钥随后吊销。"),
    "备份": ("备份", "数据库每天凌晨两点自动备份。"),
}
QUERIES = {"q1": "rotate the signing key", "q2": "数据库什么时候备份"}
PIPELINES = ["bm25", "dense", "hybrid", "hybrid+rerank"]


@pytest.fixture
def beir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bilingual test set, with the cache in a directory of the test."""
    monkeypatch.setenv("SHORTLIST_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "handbook"
    (root / "qrels").mkdir(parents=True)
    corpus = [json.dumps({"_id": id_, "title": title, "text": text}) for id_, (title, text) in TEXTS.items()]
    (root / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    queries = [json.dumps({"_id": id_, "text": text}) for id_, text in QUERIES.items()]
    (root / "queries.jsonl").write_text("\n".join(queries), encoding="utf-8")
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tkeys\t1\nq2\t备份\t1\n", encoding="utf-8")
    return root


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(shortlist, ["evaluate", *map(str, args)])


def test_four_pipelines_are_measured_side_by_side(beir: Path) -> None:
    result = run(beir, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["dataset"], report["split"], report["queries"]) == ("handbook", "test", 2)
    assert [pipeline["name"] for pipeline in report["pipelines"]] == PIPELINES
    for pipeline in report["pipelines"]:
        assert pipeline["measures"] == {"nDCG@10": 1.0, "R@100": 1.0}
        assert 0 < pipeline["ms_per_query"]["p50"] <= pipeline["ms_per_query"]["p95"]
        assert pipeline["notes"] == []


def test_measures_take_all_that_follow_and_the_second_time_reads_the_kept_index(beir: Path, tmp_path: Path) -> None:
    first = json.loads(run(beir, "--measures", "RR@10", "P@1", "--json").stdout)
    kept = [path.name for path in (tmp_path / "cache" / "evaluate").iterdir()]
    second = json.loads(run("--measures", "RR@10", "--measures", "P@1", "--json", beir).stdout)
    assert list(first["pipelines"][0]["measures"]) == ["RR@10", "P@1"]
    assert [p["measures"] for p in first["pipelines"]] == [p["measures"] for p in second["pipelines"]]
    assert [path.name for path in (tmp_path / "cache" / "evaluate").iterdir()] == kept
    assert len(kept) == 1


def test_a_person_sees_a_table_and_what_each_stage_gains(beir: Path) -> None:
    result = run(beir)
    assert result.exit_code == 0, result.output
    for name in PIPELINES:
        assert name in result.stdout
    assert "hybrid+rerank less hybrid: nDCG@10 +0.0000" in result.stdout


def test_a_stored_run_is_judged_and_reranked(beir: Path, tmp_path: Path) -> None:
    stored = tmp_path / "run.bm25.trec"
    stored.write_text("q1 Q0 lunch 1 2 bm25\nq1 Q0 keys 2 1 bm25\nq2 Q0 lunch 1 2 bm25\nq2 Q0 备份 2 1 bm25\n", "utf-8")
    report = json.loads(run(beir, "--run", stored, "--measures", "RR", "--json").stdout)
    assert {pipeline["name"]: pipeline["measures"]["RR"] for pipeline in report["pipelines"]} == {
        "run": 0.5,
        "run+rerank": 1.0,
    }
    assert report["pipelines"][0]["ms_per_query"] == {"p50": None, "p95": None}
    assert not (tmp_path / "cache").exists()  # nothing is indexed for it


def test_other_judgments_can_be_given(beir: Path, tmp_path: Path) -> None:
    other = tmp_path / "nist.qrels"
    other.write_text("q1 0 lunch 1\nq1 0 gone 1\n", encoding="utf-8")
    stored = tmp_path / "run.tsv"
    stored.write_text("q1\tlunch\t1\n", encoding="utf-8")
    result = run(beir, "--run", stored, "--qrels", other, "--measures", "R@10", "--json")
    report = json.loads(result.stdout)
    assert report["pipelines"][0]["measures"] == {"R@10": 0.5}
    assert [note["code"] for note in report["notes"]] == ["judged-without-text"]


def test_what_the_second_stage_did_is_kept_with_the_index_and_measured_anew_each_time(
    beir: Path, tmp_path: Path
) -> None:
    index, name = tmp_path / "index", reader_of(load_reranker("default")).model_name
    assert run(beir, "--index", index).exit_code == 0
    found = measured(index, name)
    assert found is not None
    assert (found["dataset"], found["queries"], found["measure"], found["difference"]) == ("handbook", 2, "nDCG@10", 0)
    remember(index, name, {**found, "low": -0.2, "high": -0.1})  # it steps aside, but not where it is measured
    notes = json.loads(run(beir, "--index", index, "--json").stdout)["pipelines"][-1]["notes"]
    assert (notes, measured(index, name)) == ([], found)


def test_an_index_of_other_documents_is_refused(beir: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert run(beir, "--index", index, "--json").exit_code == 0
    assert run(beir, "--index", index, "--json").exit_code == 0
    with (beir / "corpus.jsonl").open("w", encoding="utf-8") as corpus:
        corpus.write('{"_id": "keys", "text": "Rotate the key."}\n')
    result = run(beir, "--index", index)
    assert "4 documents that are not in handbook" in str(result.exception)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--split", "train"], "no split 'train'. It has: test"),
        (["--measures", "nDCG10"], "There is no measure 'nDCG10'"),
        (["--measures", "R@10", "nDGC@10"], "There is no measure 'nDGC@10'"),
    ],
)
def test_what_is_wrong_is_said(beir: Path, args: list[str], message: str) -> None:
    assert message in str(run(beir, *args).exception)


def test_help_shows_examples() -> None:
    assert "shortlist evaluate beir/scifact" in run("--help").stdout
