from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.index.hashing import HashingEncoder, sentences
from tests.index.test_directory import all_results, large, opened

from shortlist.errors import (
    DiskFull,
    EncoderMismatch,
    IndexBusy,
    IndexDamaged,
    IndexProblem,
    IndexTooNew,
    NotAnIndex,
    ReadOnlyIndex,
)
from shortlist.index import Directory

ASKED = ["w0 w1 w2", "w5 w50", "签名密钥"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An index with caches on disk."""
    path = tmp_path / "index"
    with opened(path) as directory:
        directory.add(large(1, 400), sentences)
    return path


def read_all(path: Path) -> None:
    with opened(path) as directory:
        all_results(directory, ASKED)
        list(directory.documents())


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("cache", ["terms", "vectors"])
@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "missing", "manifest", "manifest missing", "folder missing"])
def test_a_damaged_cache_is_made_again_and_said(made: Path, cache: str, harm: str) -> None:
    with opened(made) as directory:
        before = all_results(directory, ASKED)
    manifest = made / cache / "current.json"
    segment = max(files_of(made / cache), key=lambda path: path.stat().st_size)
    if harm == "cut":
        os.truncate(segment, segment.stat().st_size // 2)
    elif harm == "flip":
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 0xFF
        segment.write_bytes(content)
    elif harm == "empty":
        segment.write_bytes(b"")
    elif harm == "missing":
        segment.unlink()
    elif harm == "manifest":
        manifest.write_text(manifest.read_text().replace('"position": ', '"position": 9'))
    elif harm == "manifest missing":
        manifest.unlink()
    else:
        shutil.rmtree(made / cache)
    with Directory.open(made, HashingEncoder(), read_only=True) as directory:
        assert all_results(directory, ASKED) == before
        expected = [] if harm.endswith("missing") and harm != "missing" else ["cache-damaged"]
        assert [note.code for note in directory.notes] == expected
    with opened(made) as directory:
        directory.add(large(2, 1, first=1000), sentences)
        directory.delete(["n1000"])
        assert all_results(directory, ASKED) == before
    with opened(made) as directory:
        assert all_results(directory, ASKED) == before
        assert directory.notes == ()
        assert directory.status().caches_fresh


def test_random_bytes_in_a_cache_never_change_an_answer(made: Path, tmp_path: Path) -> None:
    with opened(made) as directory:
        before = all_results(directory, ASKED)
    chance = random.Random(1)
    for turn in range(15):
        harmed = tmp_path / f"harmed{turn}"
        shutil.copytree(made, harmed)
        path = chance.choice(files_of(harmed / "terms") + files_of(harmed / "vectors"))
        content = bytearray(path.read_bytes())
        for _ in range(3):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        with Directory.open(harmed, HashingEncoder(), read_only=True) as directory:
            assert all_results(directory, ASKED) == before


def test_caches_of_another_history_are_not_believed(made: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite"
    shutil.copy(made / "records.sqlite", backup)
    with opened(made) as directory:
        directory.add(large(2, 100, first=1000), sentences)
    shutil.copy(backup, made / "records.sqlite")
    with opened(made) as directory, opened(tmp_path / "fresh") as fresh:
        fresh.add(large(1, 400), sentences)
        assert all_results(directory, ASKED) == all_results(fresh, ASKED)
        for each in (directory, fresh):
            each.add(large(3, 100, first=2000), sentences)
        assert all_results(directory, ASKED) == all_results(fresh, ASKED)
    with opened(made) as directory, opened(tmp_path / "fresh") as fresh:
        assert all_results(directory, ASKED) == all_results(fresh, ASKED)


@pytest.mark.parametrize("harm", ["header", "cut", "noise", "not a database"])
def test_damaged_records_are_an_error_that_says_what_to_do(made: Path, harm: str) -> None:
    records = made / "records.sqlite"
    size = records.stat().st_size
    if harm == "header":
        with records.open("r+b") as file:
            file.write(b"garbage!" * 20)
    elif harm == "cut":
        os.truncate(records, size // 2)
    elif harm == "noise":
        with records.open("r+b") as file:
            file.seek(4096)
            file.write(random.Random(1).randbytes(size - 8192))
    else:
        records.write_text("This is a text, and longer than the header of a database, so that it is looked at.\n" * 20)
    shutil.rmtree(made / "terms")
    with pytest.raises(IndexDamaged, match="Restore it from a copy"):
        read_all(made)


def test_a_creation_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "records.sqlite").touch()
    with opened(tmp_path / "empty") as directory:
        assert directory.add(large(1, 3), sentences).added == 3
    (tmp_path / "begun").mkdir()
    connection = sqlite3.connect(tmp_path / "begun" / "records.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with opened(tmp_path / "begun") as directory:
        assert directory.add(large(1, 3), sentences).added == 3


def test_what_is_no_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAnIndex, match="There is no index at"):
        Directory.open(tmp_path / "nothing", create=False)
    with pytest.raises(NotAnIndex, match="There is no index at"):
        Directory.open(tmp_path / "nothing", read_only=True)
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("x")
    with pytest.raises(NotAnIndex, match=r"it holds letter\.txt"):
        Directory.open(tmp_path / "folder")
    with pytest.raises(NotAnIndex, match="is a file"):
        Directory.open(tmp_path / "folder" / "letter.txt")
    with pytest.raises(NotAnIndex, match="lies below a file"):
        Directory.open(tmp_path / "folder" / "letter.txt" / "index")
    (tmp_path / "other").mkdir()
    connection = sqlite3.connect(tmp_path / "other" / "records.sqlite")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(NotAnIndex, match="another program's tables"):
        Directory.open(tmp_path / "other")


def test_an_index_of_a_newer_version_is_left_alone(made: Path) -> None:
    connection = sqlite3.connect(made / "records.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(IndexTooNew, match="format 99"):
        opened(made)


@pytest.mark.parametrize(
    "other", [HashingEncoder(name="x"), HashingEncoder(revision="2"), HashingEncoder(dimensions=8)]
)
def test_another_encoder_is_refused(made: Path, other: HashingEncoder) -> None:
    with pytest.raises(EncoderMismatch, match="made with the encoder hashing 1"):
        Directory.open(made, other)
    with Directory.open(made) as directory:
        assert directory.status().encoder == "hashing"


def test_a_full_disk_is_an_error_and_keeps_what_was_acknowledged(made: Path) -> None:
    with opened(made) as directory:
        before = all_results(directory, ASKED)
        with directory._database.writing() as connection:  # pyright: ignore[reportPrivateUsage] (SQLite's own limit)
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        told = [0]
        with pytest.raises(DiskFull, match="What was acknowledged is kept"):
            directory.add(large(2, 2000, first=1000), sentences, lambda _, done: told.append(done))
    with opened(made) as directory:
        assert directory.status().documents == 400 + told[-1]
        directory.delete([f"n{1000 + i}" for i in range(told[-1])])
        assert all_results(directory, ASKED) == before


def test_opened_to_read_it_cannot_be_written_and_nothing_changes_on_disk(made: Path) -> None:
    shutil.rmtree(made / "terms")
    with Directory.open(made, HashingEncoder(), read_only=True) as directory:
        all_results(directory, ASKED)
        for write in (
            lambda: directory.add(large(1, 1), sentences),
            lambda: directory.delete(["n1"]),
            directory.rebuild,
        ):
            with pytest.raises(ReadOnlyIndex):
                write()
    assert not (made / "terms").exists()


def test_a_closed_directory_says_so(made: Path) -> None:
    directory = opened(made)
    directory.close()
    with pytest.raises(IndexProblem, match="is closed"):
        directory.bm25(["w1"], 10)
    directory.close()


def test_a_lock_file_of_an_older_process_does_not_lock(made: Path) -> None:
    (made / "write.lock").write_text("999999")
    with opened(made) as directory:
        assert directory.add(large(2, 1, first=1000), sentences).added == 1
    assert issubclass(IndexBusy, TimeoutError)
