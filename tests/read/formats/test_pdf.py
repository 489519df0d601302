from __future__ import annotations

from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.pdfs import pdf

from shortlist.errors import ReadError
from shortlist.read import Skipped, Source, read_bytes
from shortlist.read.reading import read_source
from shortlist.records import Document, Heading, Page

WORDS = st.text(st.sampled_from("abc 签名密钥。"), min_size=1, max_size=20).filter(str.strip)


def read(content: bytes) -> Document:
    [document] = read_bytes("a.pdf", content)
    return document


def page_of(document: Document, offset: int) -> int:
    return document.pages[bisect_right([page.start for page in document.pages], offset) - 1].number


@given(st.lists(st.lists(WORDS, max_size=3), min_size=1, max_size=4))
@settings(deadline=None, max_examples=40)
def test_every_place_is_on_the_page_it_was_printed_on(pages: list[list[str]]) -> None:
    marked = [[f"page {number} begins", *lines] for number, lines in enumerate(pages, 1)]
    document = read(pdf(marked))
    assert [page.number for page in document.pages] == list(range(1, len(pages) + 1))
    for number in range(1, len(pages) + 1):
        assert page_of(document, document.text.index(f"page {number} begins")) == number


def test_paragraphs_are_whole_in_english_and_chinese() -> None:
    document = read(
        pdf(
            [
                ["Rotation", "The key that signs releases is rotated every", "ninety days, never later."],
                ["轮换", "签名密钥每九十天轮换一次，旧密钥保留", "三十天，以便验证先前签发的文件。"],
            ]
        )
    )
    assert document.text == (
        "Rotation\n\nThe key that signs releases is rotated every ninety days, never later."
        "\n\n轮换\n\n签名密钥每九十天轮换一次，旧密钥保留三十天，以便验证先前签发的文件。"
    )
    assert document.pages == (Page(0, 1), Page(document.text.index("轮换"), 2))


def test_the_outline_gives_headings_at_their_words() -> None:
    pages = [["Keys", "text"], ["about", "二 轮换", "more", "Keys", "end"]]
    document = read(pdf(pages, outline=[("Keys", 0), ("二轮换", 1), ("Keys", 1), ("Elsewhere", 1)]))
    text = document.text
    again = text.index("Keys", 5)
    assert document.headings == (
        Heading(0, 1, "Keys"),
        Heading(text.index("二"), 1, "二轮换"),
        Heading(again, 1, "Keys"),
        Heading(again, 1, "Elsewhere"),
    )


def test_the_title_is_a_person_s_or_the_name_of_the_file() -> None:
    assert read(pdf([["x"]], title="钥匙 Keys")).title == "钥匙 Keys"
    assert read(pdf([["x"]], title="Microsoft Word - report.docx")).title == "a"


def test_pages_without_text_are_reported_by_number() -> None:
    document, scanned = read_source(Source(id="a.pdf", name="a.pdf", content=pdf([["one"], [], ["three"], []])))
    assert isinstance(document, Document)
    assert [page.number for page in document.pages] == [1, 3]
    assert isinstance(scanned, Skipped)
    assert scanned.reason == "no-text-pages"
    assert "2 of 4 pages: 2, 4" in scanned.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pdf([[], []]), "no-text"),
        (pdf([["x"]], encrypted=True), "encrypted"),
        (pdf([["x"]])[:200], "damaged"),
        (b"%PDF-1.7\n", "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(ReadError) as error:
        read(content)
    assert error.value.data["reason"] == reason


def test_many_threads_read_as_one() -> None:
    contents = [pdf([[f"document {n}"], ["签名密钥"] * 30]) for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, contents)) == [read(content) for content in contents]
