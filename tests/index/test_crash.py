from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

from tests.index.hashing import HashingEncoder, sentences
from tests.index.test_directory import all_results, opened
from tests.index.writers import Talk, add_for_ever, start, texts

from shortlist.index import Directory

ROUNDS = 20
LONGEST_S = 0.4  # about what one round would need


def told(connection: Talk) -> list[tuple[str, int]]:
    """All that the killed process said."""
    said: list[tuple[str, int]] = []
    with suppress(EOFError):
        while True:
            said.append(connection.recv())
    return said


def test_kill_9_loses_nothing_acknowledged_and_leaves_an_index_that_opens(tmp_path: Path) -> None:
    chance = random.Random(9)
    killed = 0
    for turn in range(ROUNDS):
        process, connection = start(add_for_ever, str(tmp_path / "index"), f"r{turn}")
        assert connection.recv() == "ready"
        time.sleep(chance.uniform(0, LONGEST_S))
        killed += process.is_alive()
        process.kill()
        process.join()
        said = told(connection)
        added = max((count for what, count in said if what == "added"), default=0)
        given = texts(f"r{turn}", 1000)
        with opened(tmp_path / "index") as directory:
            held = {document.id: document for document in directory.documents()}
            here = {doc_id for doc_id in held if doc_id.startswith(f"r{turn}-")}
            deleted = ("deleted", 30) in said
            begun_to_delete = 30 if added >= 150 else 0
            assert {document.id for document in given[begun_to_delete:added]} <= here
            if deleted:
                assert not here & {document.id for document in given[:30]}
            require_whole(directory)
    assert killed > ROUNDS / 2
    with opened(tmp_path / "index") as lived, opened(tmp_path / "fresh") as fresh:
        fresh.add(lived.documents(), sentences)
        asked = ["Sentence 7 3 of r3", "签名", "r1", "999 4"]
        assert all_results(lived, asked) == all_results(fresh, asked)
        lived.add([], sentences)
        assert lived.status().texts == fresh.status().texts


def require_whole(directory: Directory) -> None:
    """Every document has all of its chunks, and every chunk can be found."""
    expected = {chunk.id for document in directory.documents() for chunk in sentences(document)}
    rows, _ = directory.nearest(HashingEncoder().vector("any"), 100_000)
    assert set(directory.chunk_ids(rows)) == expected
