"""Laws of adding: however batches follow each other, the index holds what adding one by one would give."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Literal

import pytest
from tests.index.hashing import HashingEncoder, Reading, sentences

from shortlist.index import Directory
from shortlist.records import Document


def versions(seed: int, count: int) -> list[Document]:
    """Documents that come again in other versions and share their sentences: more than a few batches of them."""
    chance = random.Random(seed)
    return [
        Document(
            f"d{chance.randrange(25)}",
            "".join(f"Sentence {chance.randrange(120)} of a key." for _ in range(chance.randrange(60))),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_stream_of_versions_leaves_what_adding_one_by_one_leaves(tmp_path: Path, seed: int) -> None:
    documents = versions(seed, 40)
    with (
        Directory.open(tmp_path / "a", HashingEncoder()) as stream,
        Directory.open(tmp_path / "b", HashingEncoder()) as single,
    ):
        report = stream.add(documents, sentences)
        for document in documents:
            single.add([document], sentences)
        assert {d.id: d for d in stream.documents()} == {d.id: d for d in single.documents()}
        assert (stream.status().chunks, stream.status().texts) == (single.status().chunks, single.status().texts)
        assert report.documents == len(documents)


def test_no_text_is_read_twice_though_batches_overlap(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    documents = [Document(f"d{n}", "".join(f"Text {n // 2 * 8 + i} here." for i in range(8))) for n in range(60)]
    with Directory.open(tmp_path, encoder) as directory:
        report = directory.add(documents, sentences)
    assert len(encoder.seen) == len(set(encoder.seen)) == report.encoded == 30 * 8


class Patient(HashingEncoder):
    """Reads its second batch only when it is told that another document was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Event()

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[Reading]:
        assert current_thread() is not main_thread()
        if self.seen:
            assert self.asked.wait(10)
        return super().read(texts, kind)


def test_the_next_batch_is_read_in_while_the_encoder_works(tmp_path: Path) -> None:
    encoder = Patient()

    def documents() -> Iterator[Document]:
        for n in range(4):
            if n == 2:
                encoder.asked.set()
            yield Document(f"d{n}", "".join(f"Text {n} {i}." for i in range(64)))

    with Directory.open(tmp_path, encoder) as directory:
        assert directory.add(documents(), sentences).chunks == 4 * 64


class Failing(HashingEncoder):
    """Fails on the third batch."""

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[Reading]:
        if len(self.seen) >= 128:
            raise RuntimeError("no more")
        return super().read(texts, kind)


def test_an_encoder_that_fails_leaves_the_batches_before_it(tmp_path: Path) -> None:
    documents = [Document(f"d{n}", "".join(f"Text {n} {i}." for i in range(64))) for n in range(5)]
    counted: list[tuple[int, int]] = []
    with Directory.open(tmp_path, Failing()) as directory:
        with pytest.raises(RuntimeError, match="no more"):
            directory.add(documents, sentences, lambda chunks, done: counted.append((chunks, done)))
        assert {d.id for d in directory.documents()} == {"d0", "d1"}
        assert counted[-1] == (128, 2)
