from __future__ import annotations

import io
import sys
import tracemalloc
from pathlib import Path

import pytest
from tests.read.samples import SAMPLES, rows, zipped

from shortlist.errors import ReadError
from shortlist.read import ReadOptions, Skipped, list_files, read_bytes, read_paths
from shortlist.records import Document


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a sample of every format, and files that fail in every way."""
    monkeypatch.chdir(tmp_path)
    bad = {
        "empty.txt": b"",
        "blank.md": b" \n\n",
        "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1",
        "cut.docx": SAMPLES["docx"][1][:3000],
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "locked.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "letter.rtf": b"{\\rtf1\\ansi text}",
        "large.txt": b"x" * 100_001,
        "bad.jsonl": b'{"text": "one"}\n{"text": \n{"text": "three"}\n',
    }
    for name, content in [*SAMPLES.values(), *bad.items()]:
        (tmp_path / name).write_bytes(content)
    return tmp_path


OPTIONS = ReadOptions(max_file_bytes=100_000)


def test_what_fails_is_reported_with_path_and_reason_and_the_rest_goes_on(folder: Path) -> None:
    reading = read_paths(["."], OPTIONS)
    items = list(reading)
    failures = {item.path: (item.reason, item.failed, item.line) for item in items if isinstance(item, Skipped)}
    assert failures == {
        "bad.jsonl": ("bad-row", True, 2),
        "blank.md": ("empty", False, None),
        "cut.docx": ("damaged", True, None),
        "empty.txt": ("empty", False, None),
        "large.txt": ("too-large", True, None),
        "letter.rtf": ("unsupported", True, None),
        "locked.xlsx": ("encrypted", True, None),
        "old.doc": ("unsupported", True, None),
        "picture.png": ("binary", False, None),
    }
    assert all(item.path in item.message and item.message.endswith(".") for item in items if isinstance(item, Skipped))
    documents = [item for item in items if isinstance(item, Document)]
    assert {document.source for document in documents} == {name for name, _ in SAMPLES.values()} | {"bad.jsonl"}


def test_the_summary_counts_what_was_given(folder: Path) -> None:
    reading = read_paths(["."], OPTIONS)
    assert (reading.summary.files, reading.summary.documents, reading.summary.bytes) == (0, 0, 0)
    items = list(reading)
    summary = reading.summary
    assert summary.documents == sum(isinstance(item, Document) for item in items)
    assert summary.files == len(SAMPLES) + 1
    assert sum(summary.skipped.values()) == sum(isinstance(item, Skipped) for item in items)
    assert list(summary.failed) == [item for item in items if isinstance(item, Skipped) and item.failed]
    assert summary.bytes == sum(source.size for source in list_files(["."], OPTIONS))


def test_documents_know_their_file(folder: Path) -> None:
    [document] = read_paths(["keys.txt"])
    assert isinstance(document, Document)
    assert document.id == document.source == document.metadata["path"] == "keys.txt"
    assert document.title == "keys"
    assert str(document.metadata["modified"]).startswith("20")


def test_reading_is_lazy(folder: Path) -> None:
    reading = read_paths(["keys.txt", "keys.md"])
    next(reading)
    (folder / "keys.md").write_text("changed")
    assert [item.text for item in reading if isinstance(item, Document)] == ["changed"]


def test_rows_of_any_number_are_read_in_the_memory_of_a_few(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        for n in range(5_000):
            file.write(rows({"text": f"row {n} " * 150}))
    list(read_paths([path.with_name("rows.jsonl")]))  # what is loaded once and kept
    tracemalloc.start()
    count = sum(isinstance(item, Document) for item in read_paths([path], ReadOptions(max_file_bytes=1 << 20)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5_000
    assert path.stat().st_size > 4 << 20
    assert peak < 1 << 20


def test_progress_moves_inside_a_file_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(rows(*({"text": "x" * 1000} for _ in range(1000))))
    reading = read_paths([path])
    seen = [reading.summary.bytes for _ in reading]
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert seen[-1] == path.stat().st_size


class Piped(io.TextIOWrapper):
    """Standard input as a pipe hands it over."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


@pytest.mark.parametrize("format", ["text", "jsonl", "pdf", "docx", "html", "mail"])
def test_standard_input_is_told_by_its_bytes_and_left_open(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = SAMPLES[format]
    piped = Piped(content)
    monkeypatch.setattr(sys, "stdin", piped)
    documents = [item for item in read_paths(["-"]) if isinstance(item, Document)]
    assert [document.text for document in documents] == [document.text for document in read_bytes(name, content)]
    assert documents[0].source == "<stdin>"
    assert not piped.closed


def test_one_path_may_be_given_as_it_is(folder: Path) -> None:
    assert len(list(read_paths("keys.txt"))) == len(list_files("keys.txt")) == 1


def test_a_file_in_memory_that_gives_nothing_is_an_error() -> None:
    for name, content, reason in (
        ("a.txt", b"", "empty"),
        ("a.csv", b"id,text\n", "empty"),
        ("a.jsonl", b"{", "bad-row"),
        ("a.bin", b"\0\1\2\3", "binary"),
    ):
        with pytest.raises(ReadError) as error:
            read_bytes(name, content)
        assert error.value.data == {"path": name, "reason": reason}


def test_what_unpacks_without_end_is_not_unpacked() -> None:
    bomb = zipped({"[Content_Types].xml": "x", "word/document.xml": b"\0" * 50_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(ReadError, match="unpacks to more than") as error:
        read_bytes("bomb.docx", bomb, ReadOptions(max_unpacked_bytes=10_000_000))
    assert error.value.data["reason"] == "too-large"


def test_an_unknown_encoding_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="utf-9"):
        ReadOptions(encoding="utf-9")
