from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.read import Skipped, Source, read_bytes
from shortlist.read.reading import read_source
from shortlist.records import Document

WRITTEN = ["a.txt", "a.md", "a.rst", "a.py", "a.js", "a.toml", "a"]
PIECES = st.sampled_from(
    ["# One\r\n", "Two\n===\n", "\r", "\n", "---\na: b\n---\n", "def f():\n", " 签名密钥。", "🔑", "```\n"]
)
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
TEXTS = st.lists(st.one_of(PIECES, LETTERS), max_size=12).map("".join)


@given(TEXTS.filter(str.strip), st.sampled_from(WRITTEN))
@settings(deadline=None)
def test_text_is_read_exactly_as_it_is_written(text: str, name: str) -> None:
    text = "plain words " + text  # so that nothing else is told by its beginning
    [document] = read_bytes(name, text.encode())
    assert document.text == text


@given(TEXTS.filter(str.strip), st.sampled_from(WRITTEN), st.sampled_from(["utf-8-sig", "utf-16"]))
@settings(deadline=None)
def test_a_byte_order_mark_is_no_part_of_the_text(text: str, name: str, encoding: str) -> None:
    text = "plain words " + text
    [document] = read_bytes(name, text.encode(encoding))
    assert document.text == text
    assert document.metadata.get("encoding") == (None if encoding == "utf-8-sig" else "utf-16")


def test_what_cannot_be_decoded_is_reported_beside_the_document() -> None:
    content = "签名密钥每九十天轮换一次，旧密钥保留三十天。".encode() + b"\xff\n"
    document, lost = read_source(Source(id="a.txt", name="a.txt", content=content))
    assert isinstance(document, Document)
    assert document.text.endswith("。\ufffd\n")
    assert isinstance(lost, Skipped)
    assert (lost.reason, lost.failed) == ("undecodable", True)


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_stray_null_character_stays_in_its_place(name: str) -> None:
    text = "one long line of words with a null \0 in the middle of it and more words behind it, many of them\n"
    [document] = read_bytes(name, text.encode())
    assert document.text == text
