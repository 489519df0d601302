from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.index.hashing import HashingEncoder, sentences
from tests.index.test_directory import bm25, nearest, opened
from tests.index.writers import add_and_change, add_slowly, hold, start, texts

from shortlist.errors import IndexBusy
from shortlist.index import Directory
from shortlist.records import Document


def test_a_reader_sees_what_another_process_adds_without_a_restart(tmp_path: Path) -> None:
    process, connection = start(add_slowly, str(tmp_path))
    connection.send("go on")
    connection.recv()
    with Directory.open(tmp_path, HashingEncoder(), read_only=True) as reader:
        for i in range(1, 20):
            connection.send("go on")
            doc_id = connection.recv()
            assert f"{doc_id}#0" in [chunk_id for chunk_id, _ in bm25(reader, f"Sentence {i}")]
            assert f"{doc_id}#0" in [chunk_id for chunk_id, _ in nearest(reader, f"Sentence {i}")]
            assert len(list(reader.documents())) == i + 1
    process.join()


def test_a_second_writer_waits_or_is_told_who_writes_and_a_reader_does_not_wait(tmp_path: Path) -> None:
    process, connection = start(hold, str(tmp_path))
    assert connection.recv() == 2
    with Directory.open(tmp_path, HashingEncoder(), wait_s=0.2) as second:
        begun = time.monotonic()
        assert len(nearest(second, "Sentence")) == 3
        assert len(bm25(second, "Sentence")) == 3
        assert time.monotonic() - begun < 0.2
        with pytest.raises(IndexBusy, match=f"process {process.pid}") as busy:
            second.add(texts("second", 1), sentences)
        assert busy.value.data["pid"] == process.pid
        with pytest.raises(IndexBusy):
            second.delete(["held-0"])
    with Directory.open(tmp_path, HashingEncoder(), wait_s=10) as patient:
        threading.Timer(0.2, lambda: connection.send("go on")).start()
        assert patient.add(texts("second", 1), sentences).added == 1
        assert patient.status().documents == 3
    process.join()


def test_the_lock_of_a_killed_writer_is_gone(tmp_path: Path) -> None:
    process, connection = start(hold, str(tmp_path))
    connection.recv()
    process.kill()
    process.join()
    with Directory.open(tmp_path, HashingEncoder(), wait_s=0) as directory:
        assert directory.add(texts("next", 1), sentences).added == 1


def test_64_threads_read_while_another_process_writes(tmp_path: Path) -> None:
    with opened(tmp_path) as directory:
        directory.add([Document("steady", "Steady text.")], sentences)
        process, connection = start(add_and_change, str(tmp_path), 2.0)

        def read(_: int) -> int:
            reads = 0
            while process.is_alive():
                with directory.snapshot():
                    rows, scores = directory.bm25(["text", "turn"], 100)
                    chunks = directory.chunks(rows)
                    assert "steady#0" in [chunk.id for chunk in chunks]
                    assert len({chunk.text for chunk in chunks if chunk.text.startswith("Turn")}) <= 1
                    assert directory.bm25_of(["text", "turn"], rows).tolist() == scores.tolist()
                    near = directory.nearest(HashingEncoder().vector("text"), 100)[0]
                    assert set(rows.tolist()) <= set(near.tolist())
                reads += 1
            return reads

        with ThreadPoolExecutor(64) as pool:
            assert sum(pool.map(read, range(64))) > 64
        assert connection.recv() > 2
        process.join()


def test_two_threads_write_one_after_the_other(tmp_path: Path) -> None:
    with opened(tmp_path) as directory, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(directory.add, texts(name, 100), sentences) for name in ("a", "b")]
        assert [report.result().added for report in both] == [100, 100]
        assert directory.status().documents == 200
