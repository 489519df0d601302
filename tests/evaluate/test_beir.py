from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.errors import ReadError, UsageError
from shortlist.evaluate import load_beir, splits

Make = Callable[..., Path]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_set_is_read_whole_gzipped_or_not(make_beir: Make, suffix: str) -> None:
    dataset = load_beir(make_beir(suffix=suffix))
    assert (dataset.name, dataset.split, len(dataset.documents), dataset.notes) == ("handbook", "test", 4, ())
    first = [(d.id, d.title, d.text) for d in dataset.documents]
    assert first[2] == ("密钥", "签名密钥", "签名密钥每九十天轮换一次，旧密钥随后吊销。")
    assert first == [(d.id, d.title, d.text) for d in dataset.documents]  # it can be read again
    assert dataset.queries["q3"] == "签名密钥轮换"
    assert dataset.qrels["q1"] == {"keys": 2, "密钥": 1, "lunch": 0}


def test_only_the_queries_of_the_split_are_asked(make_beir: Make) -> None:
    assert list(load_beir(make_beir(qrels={"q2": {"backup": 1}})).queries) == ["q2"]


def test_pick_gives_the_documents_that_there_are(make_beir: Make) -> None:
    picked = load_beir(make_beir()).documents.pick(["backup", "nowhere"])
    assert {id_: document.title for id_, document in picked.items()} == {"backup": "Backups"}


def test_judged_documents_without_text_stay_in_the_judgments_and_are_noted(make_beir: Make) -> None:
    dataset = load_beir(make_beir(qrels={"q1": {"keys": 1, "gone": 3}}))
    assert dataset.qrels["q1"] == {"keys": 1, "gone": 3}
    assert [(note.code, dict(note.data)) for note in dataset.notes] == [
        ("judged-without-text", {"documents": 1, "judged": 2})
    ]


def test_judged_queries_without_text_are_left_out_and_noted(make_beir: Make) -> None:
    dataset = load_beir(make_beir(qrels={"q1": {"keys": 1}, "q99": {"keys": 1}}))
    assert list(dataset.qrels) == list(dataset.queries) == ["q1"]
    assert dataset.notes[0].code == "query-without-text"
    assert dataset.notes[0].data == {"queries": 1, "first": "q99"}


def test_judgments_of_another_set_are_refused(make_beir: Make) -> None:
    with pytest.raises(ReadError, match="different sets"):
        load_beir(make_beir(qrels={"q99": {"keys": 1}}))


def test_trec_judgments_can_stand_in_for_the_split(make_beir: Make, tmp_path: Path) -> None:
    other = tmp_path / "nist.qrels"
    other.write_text("q1 0 backup 3\nq1 0 keys 0\n")
    dataset = load_beir(make_beir(), qrels=other)
    assert dataset.qrels == {"q1": {"backup": 3, "keys": 0}}
    assert dataset.split == "nist.qrels"


def test_a_missing_split_names_those_that_there_are(make_beir: Make) -> None:
    root = make_beir()
    make_beir(split="dev")
    assert splits(root) == ["dev", "test"]
    with pytest.raises(UsageError, match=r"no split 'train'. It has: dev, test"):
        load_beir(root, "train")


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(make_beir: Make, name: str) -> None:
    root = make_beir()
    (root / name).unlink()
    with pytest.raises(ReadError, match=f"no {name}"):
        load_beir(root)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="not a directory"):
        load_beir(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"_id": "x", "text": ', r"line 5 is not JSON: .* at column"),
        ('["x"]', "line 5 is not a JSON object"),
        ('{"text": "x"}', 'line 5 has no "_id"'),
        ('{"_id": "", "text": "x"}', 'line 5 has no "_id"'),
        ('{"_id": "x"}', 'line 5 has no text under "text"'),
        ('{"_id": "keys", "text": "x"}', "line 5 has the id 'keys', which a document before it has"),
    ],
)
def test_a_bad_document_is_told_with_its_line(make_beir: Make, line: str, problem: str) -> None:
    root = make_beir()
    with (root / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write(line + "\n")
    with pytest.raises(ReadError, match=problem):
        list(load_beir(root).documents)


def test_a_query_id_that_stands_twice_is_refused(make_beir: Make) -> None:
    root = make_beir()
    with (root / "queries.jsonl").open("a", encoding="utf-8") as queries:
        queries.write('\n{"_id": "q1", "text": "again"}\n')
    with pytest.raises(ReadError, match="line 5 has the id 'q1'"):
        load_beir(root)


def test_an_empty_corpus_is_refused(make_beir: Make) -> None:
    with pytest.raises(ReadError, match="holds no documents"):
        load_beir(make_beir(texts={}))


def test_numbers_serve_as_ids_and_line_separators_stay_in_texts(make_beir: Make) -> None:
    root = make_beir()
    with (root / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write('{"_id": 7, "text": "one\u2028two\x85three"}\n')
    assert load_beir(root).documents.pick(["7"])["7"].text == "one\u2028two\x85three"
