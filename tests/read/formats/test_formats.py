"""What holds for every format of the table."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.samples import CHINESE, ENGLISH, SAMPLES

from shortlist.errors import ReadError
from shortlist.read import FORMATS, Format, read_bytes
from shortlist.records import Document

BINARY = [format.name for format in FORMATS if format.binary]
SUFFIXES = [suffix for format in FORMATS for suffix in format.suffixes]


def check_marks(document: Document) -> None:
    for marks in (document.pages, document.headings):
        assert all(before.start <= after.start for before, after in pairwise(marks))
        assert all(0 <= mark.start < len(document.text) for mark in marks)
    assert all(before.number < after.number for before, after in pairwise(document.pages))
    document.text.encode()
    f"{document.id}{document.title}{document.source}".encode()


def test_every_format_has_a_sample_and_names_and_suffixes_are_distinct() -> None:
    assert {format.name for format in FORMATS} == set(SAMPLES)
    assert len(SUFFIXES) == len(set(SUFFIXES))
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_a_sample_gives_its_text_with_marks_inside_it(format: Format) -> None:
    name, content = SAMPLES[format.name]
    documents = read_bytes(name, content)
    text = "\n".join(document.text for document in documents)
    assert ENGLISH in text
    assert CHINESE in text
    for document in documents:
        check_marks(document)
        assert document.source == name
        assert document.format
    assert len({document.id for document in documents}) == len(documents)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_the_same_bytes_give_the_same_documents(format: Format) -> None:
    assert read_bytes(*SAMPLES[format.name]) == read_bytes(*SAMPLES[format.name])


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("suffix", [".txt", ".md", ".bin", ""])
def test_a_binary_format_is_known_by_its_bytes_under_any_name(name: str, suffix: str) -> None:
    [document] = read_bytes(f"keys{suffix}", SAMPLES[name][1])
    assert document.format == name
    assert ENGLISH in document.text


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_a_cut_or_altered_file_gives_documents_or_a_read_error(format: Format) -> None:
    name, content = SAMPLES[format.name]
    middle = len(content) // 2
    altered = content[:middle] + bytes(255 - byte for byte in content[middle : middle + 64]) + content[middle + 64 :]
    for damaged in (content[:middle], content[:-9], content[9:], altered, content + content, b"\0" + content):
        read_anything(name, damaged)


@given(st.sampled_from([*SUFFIXES, "", ".zip"]), st.binary(max_size=300))
@settings(deadline=None, max_examples=150)
def test_arbitrary_bytes_under_any_suffix_give_documents_or_a_read_error(suffix: str, content: bytes) -> None:
    read_anything(f"any{suffix}", content)


@given(st.sampled_from(sorted(SAMPLES)), st.data())
@settings(deadline=None, max_examples=120)
def test_a_file_with_bytes_changed_gives_documents_or_a_read_error(name: str, data: st.DataObject) -> None:
    file, content = SAMPLES[name]
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_anything(file, bytes(changed))


@given(st.sampled_from(SUFFIXES), st.text(st.characters(exclude_categories=[]), max_size=200))
@settings(deadline=None, max_examples=150)
def test_arbitrary_text_under_any_suffix_gives_documents_or_a_read_error(suffix: str, text: str) -> None:
    read_anything(f"any{suffix}", text.encode("utf-8", "surrogatepass"))


def read_anything(name: str, content: bytes) -> None:
    """Read, and check what comes of it, be it documents or the one error that is allowed."""
    with suppress(ReadError):
        documents = read_bytes(name, content)
        assert documents
        for document in documents:
            check_marks(document)
            assert document.text.strip()
