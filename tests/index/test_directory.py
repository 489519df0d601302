from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.index.hashing import HashingEncoder, sentences
from tests.index.strategies import corpora, queries

from shortlist.errors import IndexProblem, UsageError
from shortlist.index import Directory
from shortlist.index.plan import Chunker
from shortlist.records import Chunk, Document, Heading, Page
from shortlist.text import query_terms, terms

few = settings(max_examples=25, deadline=None)
Scored: TypeAlias = list[tuple[str, float]]


def bm25(directory: Directory, query: str, limit: int = 1000, where: str | None = None) -> Scored:
    rows, scores = directory.bm25(query_terms(query), limit, where)
    return list(zip(directory.chunk_ids(rows), scores.tolist(), strict=True))


def nearest(directory: Directory, query: str, limit: int = 1000, where: str | None = None) -> Scored:
    rows, cosines = directory.nearest(HashingEncoder().vector(query), limit, where)
    return list(zip(directory.chunk_ids(rows), cosines.tolist(), strict=True))


def all_results(directory: Directory, asked: list[str]) -> list[tuple[Scored, Scored]]:
    return [(bm25(directory, query), nearest(directory, query)) for query in asked]


def opened(path: str | Path) -> Directory:
    return Directory.open(path, HashingEncoder())


@few
@given(documents=corpora(), cut=st.integers(0, 12), asked=st.lists(queries, min_size=1, max_size=3))
def test_adding_in_two_parts_in_another_order_is_adding_at_once(
    documents: list[Document], cut: int, asked: list[str]
) -> None:
    with TemporaryDirectory() as a, TemporaryDirectory() as b, opened(a) as once, opened(b) as twice:
        once.add(documents, sentences)
        twice.add(documents[cut:], sentences)
        twice.add(documents[:cut], sentences)
        assert all_results(once, asked) == all_results(twice, asked)
        assert {d.id: d for d in once.documents()} == {d.id: d for d in twice.documents()}


@few
@given(documents=corpora(), gone=st.sets(st.integers(0, 11)), asked=st.lists(queries, min_size=1, max_size=3))
def test_added_then_deleted_is_never_added(documents: list[Document], gone: set[int], asked: list[str]) -> None:
    removed = {f"d{i}" for i in gone}
    with TemporaryDirectory() as a, TemporaryDirectory() as b, opened(a) as full, opened(b) as never:
        full.add(documents, sentences)
        all_results(full, asked)  # so that the caches have seen what goes
        assert full.delete(removed) == sum(document.id in removed for document in documents)
        never.add([document for document in documents if document.id not in removed], sentences)
        assert all_results(full, asked) == all_results(never, asked)
        assert full.status().chunks == never.status().chunks
        assert full.status().texts == never.status().texts


@few
@given(documents=corpora(), asked=st.lists(queries, min_size=1, max_size=3))
def test_reopened_and_rebuilt_it_answers_the_same(documents: list[Document], asked: list[str]) -> None:
    with TemporaryDirectory() as path:
        with opened(path) as directory:
            directory.add(documents, sentences)
            before = all_results(directory, asked)
        with opened(path) as directory:
            assert all_results(directory, asked) == before
            directory.rebuild()
            assert all_results(directory, asked) == before
        with Directory.open(path, read_only=True) as directory:
            assert all_results(directory, asked) == before


@few
@given(documents=corpora(), query=queries, limit=st.integers(0, 30))
def test_a_shorter_list_is_the_head_of_a_longer_one(documents: list[Document], query: str, limit: int) -> None:
    with TemporaryDirectory() as path, opened(path) as directory:
        directory.add(documents, sentences)
        for rank in (bm25, nearest):
            longest = rank(directory, query)
            assert rank(directory, query, limit) == longest[:limit]
            assert longest == sorted(longest, key=lambda pair: (-pair[1], pair[0]))


@few
@given(documents=corpora(smallest=1), query=queries)
def test_bm25_is_what_its_formula_says(documents: list[Document], query: str) -> None:
    with TemporaryDirectory() as path, opened(path) as directory:
        directory.add(documents, sentences)
        chunks = [chunk for document in documents for chunk in sentences(document)]
        counts = [Counter(terms(chunk.full_text)) for chunk in chunks]
        average = sum(sum(count.values()) for count in counts) / max(len(chunks), 1)
        expected: dict[str, float] = {}
        for chunk, count in zip(chunks, counts, strict=True):
            score = 0.0
            for term in query_terms(query):
                holding = sum(term in other for other in counts)
                idf = math.log(1 + (len(chunks) - holding + 0.5) / (holding + 0.5))
                norm = 1.2 * (1 - 0.75 + 0.75 * sum(count.values()) / average) if average else 1.0
                score += idf * 2.2 * count[term] / (count[term] + norm) if count[term] else 0.0
            if score:
                expected[chunk.id] = score
        found = dict(bm25(directory, query))
        assert found.keys() == expected.keys()
        assert all(math.isclose(found[chunk_id], expected[chunk_id], rel_tol=1e-6) for chunk_id in expected)


@few
@given(documents=corpora(), query=queries)
def test_scores_of_given_rows_are_those_of_the_ranking(documents: list[Document], query: str) -> None:
    with TemporaryDirectory() as path, opened(path) as directory:
        directory.add(documents, sentences)
        vector, asked = HashingEncoder().vector(query), query_terms(query)
        rows, cosines = directory.nearest(vector, 1000)
        assert len(rows) == directory.status().chunks
        assert np.array_equal(directory.cosine_of(vector, rows[::-1]), cosines[::-1])
        matching, scores = directory.bm25(asked, 1000)
        by_row = dict(zip(matching.tolist(), scores.tolist(), strict=True))
        assert directory.bm25_of(asked, rows).tolist() == [by_row.get(row, 0.0) for row in rows.tolist()]
        for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True):
            assert directory.cosine_of(vector, [row]).tolist() == [cosine]


@few
@given(documents=corpora(), query=queries)
def test_documents_and_chunks_come_back_as_they_were(documents: list[Document], query: str) -> None:
    with TemporaryDirectory() as path, opened(path) as directory:
        directory.add(documents, sentences)
        assert {document.id: document for document in directory.documents()} == {d.id: d for d in documents}
        rows, _ = directory.nearest(HashingEncoder().vector(query), 1000)
        expected = {chunk.id: chunk for document in documents for chunk in sentences(document)}
        assert {chunk.id: chunk for chunk in directory.chunks(rows)} == expected


def large(seed: int, count: int, *, first: int = 0) -> list[Document]:
    chance = random.Random(seed)
    words = [f"w{i}" for i in range(300)] + ["签名密钥", "轮换文档"]
    weights = [1 / (i + 1) for i in range(len(words))]
    return [
        Document(f"n{i}", " ".join(chance.choices(words, weights, k=chance.randint(1, 25))), metadata={"n": i})
        for i in range(first, first + count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_before_the_index_is_what_its_documents_are(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    held: dict[str, Document] = {}
    directory = opened(tmp_path / "lived")
    for step in range(14):
        what = chance.choice(["add", "add", "add", "change", "delete", "reopen", "rebuild", "look"])
        if what == "add":
            new = large(seed * 100 + step, chance.choice([1, 3, 70, 300]), first=step * 1000)
            directory.add(new, sentences)
            held |= {document.id: document for document in new}
        elif what in ("change", "delete") and held:
            some = chance.sample(sorted(held), k=max(1, len(held) // chance.choice([2, 10])))
            if what == "delete":
                assert directory.delete(some) == len(some)
                held = {doc_id: document for doc_id, document in held.items() if doc_id not in some}
            else:
                new = [replace(held[doc_id], text=f"{held[doc_id].text} w{step}") for doc_id in some]
                assert directory.add(new, sentences).updated == len(new)
                held |= {document.id: document for document in new}
        elif what == "reopen":
            directory.close()
            directory = opened(tmp_path / "lived")
        elif what == "rebuild":
            directory.rebuild()
        else:
            bm25(directory, "w1 w7")
    asked = ["w0 w1 w2", "w5 w50 w200", "轮换文档 w3", "w0", "w299"]
    with opened(tmp_path / "fresh") as fresh, directory:
        fresh.add(held.values(), sentences)
        assert all_results(directory, asked) == all_results(fresh, asked)
        for limit in (1, 10, 100):
            for query in asked:
                assert bm25(directory, query, limit) == bm25(fresh, query)[:limit]
                assert nearest(directory, query, limit) == nearest(fresh, query)[:limit]


def test_deletions_between_two_saved_parts_are_not_forgotten(tmp_path: Path) -> None:
    documents, more = large(1, 600), large(2, 100, first=1000)
    with opened(tmp_path / "lived") as directory:
        directory.add(documents, sentences)
        directory.delete(["n3", "n7"])
        directory.add(more, sentences)
    left = [document for document in documents if document.id not in ("n3", "n7")]
    with opened(tmp_path / "lived") as lived, opened(tmp_path / "fresh") as fresh:
        fresh.add([*left, *more], sentences)
        assert all_results(lived, ["w0 w1 w2", "w5 w50"]) == all_results(fresh, ["w0 w1 w2", "w5 w50"])


def test_unchanged_documents_cost_no_encoding(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    documents = [Document("a", "One. Two. Three."), Document("b", "Four. 五。六。")]
    with Directory.open(tmp_path, encoder) as directory:
        assert directory.add(documents, sentences).encoded == 6
        report = directory.add(documents, sentences)
        assert (report.unchanged, report.chunks, report.encoded) == (2, 0, 0)
        assert len(encoder.seen) == 6


def test_a_change_is_encoded_where_it_is_and_metadata_not_at_all(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    before = Document("a", "One. Two. Three.", metadata={"year": 2020})
    with Directory.open(tmp_path, encoder) as directory:
        directory.add([before], sentences)
        encoder.seen.clear()
        report = directory.add([replace(before, text="One. Changed. Three.")], sentences)
        assert (report.updated, encoder.seen) == (1, [" Changed."])
        assert directory.status().texts == 3
        encoder.seen.clear()
        report = directory.add([replace(before, text="One. Changed. Three.", metadata={"year": 2021})], sentences)
        assert (report.updated, report.chunks, encoder.seen) == (1, 0, [])
        rows, _ = directory.bm25(["chang"], 10, "year = 2021")
        assert [chunk.metadata for chunk in directory.chunks(rows)] == [{"year": 2021}]


def test_a_copy_costs_no_encoding_and_outlives_its_original(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    with Directory.open(tmp_path, encoder) as directory:
        directory.add([Document("a", "One. Two.")], sentences)
        assert directory.add([Document("b", "One. Two.")], sentences).encoded == 0
        directory.delete(["a"])
        assert [chunk_id for chunk_id, _ in nearest(directory, "one", 2)] == ["b#0", "b#1"]
        assert directory.features.vectors(["b#1"]).shape == (1, 24)


def test_another_chunker_cuts_anew(tmp_path: Path) -> None:
    def whole(document: Document) -> list[Chunk]:
        return [Chunk(document.id, document.id, 0, len(document.text), document.text)]

    with opened(tmp_path) as directory:
        directory.add([Document("a", "One. Two.")], sentences)
        assert directory.add([Document("a", "One. Two.")], whole).updated == 1
        assert nearest(directory, "one")[0][0] == "a"
        assert directory.status().chunks == 1


def test_the_last_of_two_documents_with_one_id_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        report = directory.add([Document("a", "One."), Document("b", "Two."), Document("a", "Three.")], sentences)
        assert (report.added, report.updated, report.documents) == (2, 1, 3)
        document = directory.document("a")
        assert document is not None
        assert document.text == "Three."


def test_sync_adds_changes_and_deletes_below_its_roots_alone(tmp_path: Path) -> None:
    def at(source: str, text: str = "Text.") -> Document:
        return Document(source, text, source=source)

    with opened(tmp_path) as directory:
        directory.add([at("docs/a.md"), at("docs/b.md"), at("docs/c.md"), at("docsother/d.md"), at("e.md")], sentences)
        report = directory.sync([at("docs/a.md"), at("docs/b.md", "New.")], sentences, ["./docs"])
        assert (report.added, report.updated, report.unchanged, report.deleted) == (0, 1, 1, 1)
        assert {d.id for d in directory.documents()} == {"docs/a.md", "docs/b.md", "docsother/d.md", "e.md"}
        assert directory.sync([], sentences, ["docs"], keep=["docs/a.md"]).deleted == 1
        assert {d.id for d in directory.documents()} == {"docs/a.md", "docsother/d.md", "e.md"}


def test_delete_where(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        directory.add([Document(f"d{i}", "Text." if i else "", metadata={"n": i}) for i in range(10)], sentences)
        assert directory.delete_where("n < 4") == 4
        assert [document.id for document in directory.documents()] == [f"d{i}" for i in range(4, 10)]


def test_a_snapshot_sees_one_state_and_without_it_a_gone_chunk_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as directory, opened(tmp_path) as writer:
        writer.add([Document("a", "One."), Document("b", "Two.")], sentences)
        with directory.snapshot():
            rows, _ = directory.bm25(["one"], 10)
            writer.delete(["a"])
            assert directory.bm25(["one"], 10)[0].tolist() == rows.tolist()
            assert directory.chunks(rows)[0].text == "One."
        assert len(directory.bm25(["one"], 10)[0]) == 0
        with pytest.raises(IndexProblem, match="deleted meanwhile"):
            directory.chunks(rows)
        assert directory.bm25_of(["one"], rows).tolist() == [0.0]


def test_marks_of_a_long_document_come_back_and_chunks_are_cut_from_its_parts(tmp_path: Path) -> None:
    text = "".join(f"Sentence {i} 句子\x00\ud800😀." for i in range(3000))
    document = Document("long", text, pages=(Page(0, 1), Page(9000, 2)), headings=(Heading(0, 1, "Top"),), format="pdf")
    with opened(tmp_path) as directory:
        directory.add([document], sentences)
        assert directory.document("long") == document
        rows, _ = directory.bm25(["2999"], 10)
        chunk = directory.chunks(rows)[0]
        assert text[chunk.start : chunk.end] == chunk.text == "Sentence 2999 句子\x00\ud800😀."
        assert (chunk.page, chunk.heading_path) == (2, ("Top",))


def test_progress_counts_what_is_on_disk(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def look(chunks: int, documents: int) -> None:
        with Directory.open(tmp_path, read_only=True) as reader:
            told.append((documents, reader.status().documents))

    with opened(tmp_path) as directory:
        report = directory.add(large(1, 300), sentences, look)
    assert len(told) > 3
    assert all(counted == held for counted, held in told)
    assert told[-1][0] == report.documents == 300


def test_an_error_of_the_chunker_loses_nothing_that_was_counted(tmp_path: Path) -> None:
    told = 0

    def count(chunks: int, documents: int) -> None:
        nonlocal told
        told = documents

    def faulty(document: Document) -> list[Chunk]:
        if document.id == "n200":
            raise RuntimeError
        return sentences(document)

    with opened(tmp_path) as directory:
        with pytest.raises(RuntimeError):
            directory.add(large(1, 300), faulty, count)
        assert 0 < told == directory.status().documents
        assert directory.add(large(1, 300), sentences).unchanged == 0  # the chunker is another one
        assert directory.status().documents == 300


def same_id(document: Document) -> list[Chunk]:
    return [Chunk("same", document.id, 0, 1, document.text[:1])]


def not_a_span(document: Document) -> list[Chunk]:
    return [Chunk(document.id, document.id, 0, 2, document.text[:1])]


@pytest.mark.parametrize(("chunk", "words"), [(same_id, "Begin chunk ids"), (not_a_span, "exact spans")])
def test_a_chunker_that_breaks_the_laws_is_told_so(tmp_path: Path, chunk: Chunker, words: str) -> None:
    with opened(tmp_path) as directory:
        with pytest.raises(UsageError, match=words):
            directory.add([Document("a", "abc"), Document("b", "def")], chunk)
        assert directory.status().documents == 0


def test_adding_without_an_encoder_and_asking_with_a_wrong_vector(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        directory.add([Document("a", "abc")], sentences)
        with pytest.raises(UsageError, match="24 dimensions"):
            directory.nearest(np.zeros(3, np.float32), 10)
    with Directory.open(tmp_path) as directory, pytest.raises(UsageError, match="encoder"):
        directory.add([Document("a", "abc")], sentences)


def test_status(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        directory.add(
            [
                Document("a", "One two three. Four.", source="a.md", format="markdown", metadata={"year": 2024}),
                Document("b", "签名密钥怎么轮换。", source="b.txt"),
                Document("c", "签名密钥怎么轮换。", source="b.txt"),
            ],
            sentences,
        )
        status = directory.status()
    assert (status.documents, status.chunks, status.texts, status.sources) == (3, 4, 3, 2)
    assert status.languages == {"zh": 2, "en": 1}
    assert status.formats == {"text": 2, "markdown": 1}
    assert (status.encoder, status.encoder_revision, status.dimensions) == ("hashing", "1", 24)
    assert status.fields == ("year",)
    assert status.largest_chunk_tokens == 9
    assert status.caches_fresh
    assert min(status.bytes.values()) > 0
