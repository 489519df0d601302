"""Test sets in BEIR's layout: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv in one directory, gzipped or not."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shortlist.errors import ReadError, UsageError
from shortlist.evaluate.lines import bad_line, numbered_lines
from shortlist.evaluate.qrels import Qrels, read_qrels
from shortlist.records import Document, Note

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
SUFFIXES = (".tsv", ".tsv.gz", ".txt", ".txt.gz", ".qrels", ".qrels.gz")


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of a test set, read from the file each time they are iterated: any size fits in memory."""

    path: Path
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Document]:
        for number, entry in _entries(self.path):
            title = _text(self.path, number, entry, "title", optional=True)
            yield Document(_id(self.path, number, entry), _text(self.path, number, entry, "text"), title=title)

    def pick(self, ids: Iterable[str]) -> dict[str, Document]:
        """The documents with these ids, those that there are, by one pass over the file."""
        wanted = set(ids)
        return {document.id: document for document in self if document.id in wanted}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A corpus, the queries of one split, and what was judged relevant to them."""

    name: str
    split: str
    documents: Corpus
    queries: Mapping[str, str]  # id → text, the judged queries only, in the order of their judgments
    qrels: Qrels
    notes: tuple[Note, ...] = ()


def load_beir(directory: Path | str, split: str = "test", *, qrels: Path | str | None = None) -> Dataset:
    """Read a test set and check it. The documents stay in their file.

    Args:
        directory: holds corpus.jsonl, queries.jsonl and qrels/, each file gzipped or not.
        split: the judgments to take: `qrels/{split}.tsv`.
        qrels: other judgments, BEIR's or TREC's format, in place of those of the split.

    Notes: "judged-without-text" counts judged documents that the corpus does not hold (they stay in the ideal order
    that nDCG and recall compare with); "query-without-text" counts judged queries that queries.jsonl does not hold,
    which are left out.

    Raises:
        UsageError: there is no such split; the message names those that there are.
        ReadError: a file is missing or holds a line that is wrong, an id stands twice, or no judged query has a text.
    """
    directory = Path(directory)
    corpus_path, queries_path = _file(directory, CORPUS), _file(directory, QUERIES)
    qrels_path = Path(qrels) if qrels is not None else _split(directory, split)
    judged = read_qrels(qrels_path)
    texts = _queries(queries_path)
    queries = {query: texts[query] for query in judged if query in texts}
    if not queries:
        raise ReadError(f"No query judged in {qrels_path} stands in {queries_path}: they belong to different sets.")
    judged_ids = {document for grades in judged.values() for document in grades}
    size, present = _scan(corpus_path, judged_ids)
    unknown_queries = [query for query in judged if query not in texts]
    return Dataset(
        name=directory.resolve().name,
        split=split if qrels is None else qrels_path.name,
        documents=Corpus(corpus_path, size),
        queries=queries,
        qrels={query: judged[query] for query in queries},
        notes=_notes(unknown_queries, len(judged_ids) - len(present), len(judged_ids)),
    )


def splits(directory: Path) -> list[str]:
    """The names of the splits that a directory in BEIR's layout has judgments for, sorted."""
    folder = directory / QRELS
    if not folder.is_dir():
        return []
    return sorted({file.name.partition(".")[0] for file in folder.iterdir() if file.name.endswith(SUFFIXES)})


def _file(directory: Path, name: str) -> Path:
    if not directory.is_dir():
        raise ReadError(f"{directory} is not a directory. Give one that holds {CORPUS}, {QUERIES} and {QRELS}/")
    for path in (directory / name, directory / f"{name}.gz"):
        if path.is_file():
            return path
    raise ReadError(f"{directory} has no {name} or {name}.gz, which a test set in BEIR's layout holds.", missing=name)


def _split(directory: Path, split: str) -> Path:
    for suffix in SUFFIXES:
        if (path := directory / QRELS / f"{split}{suffix}").is_file():
            return path
    there = splits(directory)
    names = f"It has: {', '.join(there)}" if there else f"It has no {QRELS}/*.tsv at all"
    raise UsageError(f"{directory} has no split {split!r}. {names}", split=split, splits=there)


def _queries(path: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for number, entry in _entries(path):
        query = _id(path, number, entry)
        if query in queries:
            raise bad_line(path, number, f"has the id {query!r}, which a query before it has. Ids must differ")
        queries[query] = _text(path, number, entry, "text")
    return queries


def _scan(path: Path, judged: set[str]) -> tuple[int, set[str]]:
    """How many documents there are, and which of the judged ones. Refuses an id that stands twice."""
    hashes, present = array("q"), set[str]()  # eight bytes a document: a set of ids would not fit for many millions
    for number, entry in _entries(path):
        document = _id(path, number, entry)
        hashes.append(hash(document))
        if document in judged:
            present.add(document)
    if not hashes:
        raise ReadError(f"{path} holds no documents.", path=str(path))
    if twice := _repeated(hashes):
        seen: set[str] = set()
        for number, entry in _entries(path):  # two ids may share a hash: look at the ids themselves
            document = _id(path, number, entry)
            if document in seen:
                raise bad_line(
                    path, number, f"has the id {document!r}, which a document before it has. Ids must differ"
                )
            if hash(document) in twice:
                seen.add(document)
    return len(hashes), present


def _repeated(hashes: array[int]) -> set[int]:
    import numpy as np

    values, counts = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
    return set(values[counts > 1].tolist())


def _notes(unknown_queries: list[str], without_text: int, judged: int) -> tuple[Note, ...]:
    notes: list[Note] = []
    if unknown_queries:
        message = f"{len(unknown_queries)} judged queries have no text in {QUERIES} and are left out."
        notes.append(
            Note("query-without-text", message, {"queries": len(unknown_queries), "first": unknown_queries[0]})
        )
    if without_text:
        message = (
            f"{without_text} of {judged} judged documents are not in the corpus. They cannot be found, "
            "but count in the ideal order."
        )
        notes.append(Note("judged-without-text", message, {"documents": without_text, "judged": judged}))
    return tuple(notes)


def _entries(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in numbered_lines(path):
        try:
            entry: object = json.loads(line)
        except json.JSONDecodeError as bad:
            raise bad_line(path, number, f"is not JSON: {bad.msg} at column {bad.colno}") from bad
        if not isinstance(entry, dict):
            raise bad_line(path, number, 'is not a JSON object; expected {"_id": …, "text": …}')
        yield number, cast(Mapping[str, object], entry)


def _id(path: Path, number: int, entry: Mapping[str, object]) -> str:
    value = entry.get("_id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise bad_line(path, number, 'has no "_id"; expected {"_id": …, "text": …}')
    return str(value)


def _text(path: Path, number: int, entry: Mapping[str, object], name: str, *, optional: bool = False) -> str:
    value = entry.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise bad_line(path, number, f'has no text under "{name}"; expected {{"_id": …, "text": …}}')
    return value
