from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.index.hashing import sentences
from tests.index.test_directory import bm25, large, nearest, opened

from shortlist.index import Directory
from shortlist.index.vectors import lists

ASKED = ["w0 w1 w2", "w5 w50 w200", "轮换文档 w3", "w0", "w299 w4 w7"]


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LARGE", 1000)


def grouped(count: int, dimensions: int = 64) -> NDArray[np.float32]:
    chance = np.random.default_rng(1)
    centres = chance.standard_normal((40, dimensions))
    vectors = centres[chance.integers(0, 40, count)] + 0.5 * chance.standard_normal((count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_the_lists_find_nearly_all_and_are_the_same_each_time() -> None:
    vectors = grouped(8000)
    made, again = lists.make_lists(vectors), lists.make_lists(vectors)
    wanted = np.arange(len(vectors)) % 4 == 0
    found: list[float] = []
    for vector in vectors[:20]:
        for mask in (None, wanted):
            allowed = np.arange(len(vectors)) if mask is None else np.flatnonzero(mask)
            exact = set(allowed[np.argsort(-(vectors[allowed] @ vector))[:100]].tolist())
            candidates = made.near(vector, 100, mask)
            assert set(candidates.tolist()) <= set(allowed.tolist())
            assert candidates.tolist() == again.near(vector, 100, mask).tolist()
            found.append(len(exact & set(candidates.tolist())) / 100)
    assert np.mean(found) > 0.95


def test_a_large_index_scores_as_a_small_one_and_finds_nearly_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as directory:
        directory.add(large(1, 3000), sentences)
        assert directory.status().approximate
        directory.delete([f"n{i}" for i in range(0, 300, 3)])
        approximate = {query: nearest(directory, query, 50) for query in ASKED}
        filtered = {query: nearest(directory, query, 50, "n < 2000") for query in ASKED}
    monkeypatch.setattr(lists, "LARGE", 1 << 40)  # no segment is large enough for lists now
    with opened(tmp_path) as directory:
        for query in ASKED:
            for where, found in ((None, approximate[query]), ("n < 2000", filtered[query])):
                exact = dict(nearest(directory, query, 3000, where))
                assert len(found) == 50
                assert all(exact[chunk_id] == cosine for chunk_id, cosine in found)
                best = {cosine for _, cosine in list(exact.items())[:50]}
                assert sum(cosine in best for _, cosine in found) >= 45


def test_damaged_or_missing_lists_are_done_without(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        directory.add(large(1, 1500), sentences)
        before = {query: nearest(directory, query, 400) for query in ASKED}
    path = next((tmp_path / "vectors").glob("*.lists"))
    path.write_bytes(path.read_bytes()[:-100])
    with opened(tmp_path) as directory:
        assert {query: nearest(directory, query, 400) for query in ASKED} == before
    path.unlink()
    with opened(tmp_path) as directory:
        assert {query: nearest(directory, query, 400) for query in ASKED} == before
        directory.rebuild()
        assert {query: nearest(directory, query, 400) for query in ASKED} == before
        assert len(list((tmp_path / "vectors").glob("*.lists"))) == 1


def test_without_faiss_it_stays_exact_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shortlist.index.reader.LARGE", 1000)
    for module in ("shortlist.index.reader", "shortlist.index.vectors.lists"):
        monkeypatch.setattr(f"{module}.has_faiss", lambda: False)
    with opened(tmp_path) as directory:
        report = directory.add(large(1, 1500), sentences)
        assert [note.code for note in report.notes] == ["large-index-without-lists"]
        assert not directory.status().approximate
        assert len(nearest(directory, "w0", 400)) == 400
        assert len(bm25(directory, "w0", 400)) == 400


def test_a_reader_takes_up_lists_that_were_made_meanwhile(tmp_path: Path) -> None:
    with opened(tmp_path) as writer, Directory.open(tmp_path, read_only=True) as reader:
        writer.add(large(1, 500), sentences)
        nearest_before = reader.nearest(np.ones(24, np.float32), 10)[0]
        writer.add(large(2, 1500, first=1000), sentences)
        with Directory.open(tmp_path, read_only=True) as another:
            rows = another.nearest(np.ones(24, np.float32), 10)[0]
        assert len(nearest_before) == len(rows) == 10
        assert reader.nearest(np.ones(24, np.float32), 10)[0].tolist() == rows.tolist()
