from __future__ import annotations

import pytest
from tests.read.samples import chapter, epub

from shortlist.errors import ReadError
from shortlist.read import Skipped, Source, read_bytes
from shortlist.read.reading import read_source
from shortlist.records import Document, Heading


def test_chapters_come_in_reading_order_with_their_headings() -> None:
    [document] = read_bytes(
        "a.epub",
        epub({"b%20two.xhtml": "", "a.xhtml": chapter("A", "x")}, extra={"OPS/b two.xhtml": chapter("乙", "y")}),
    )
    assert document.text == "乙\n\ny\n\nA\n\nx"
    assert document.headings == (Heading(0, 1, "乙"), Heading(6, 1, "A"))
    assert (document.title, document.metadata["lang"], document.metadata["author"]) == ("Keys 密钥", "zh", "Ann")


def test_a_missing_chapter_is_reported_and_the_rest_read() -> None:
    content = epub({"a.xhtml": chapter("A", "x"), "b.xhtml": chapter("B", "y")}).replace(b"OPS/b.xhtml", b"OPS/c.xhtml")
    document, lost = read_source(Source(id="a.epub", name="a.epub", content=content))
    assert isinstance(document, Document)
    assert document.text == "A\n\nx"
    assert isinstance(lost, Skipped)
    assert "b.xhtml is missing" in lost.message


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"META-INF/rights.xml": "<rights/>"}, "encrypted"),
        ({"META-INF/container.xml": "<container/>"}, "damaged"),
        ({"OPS/content.opf": '<!DOCTYPE p [<!ENTITY a "b">]><package>&a;</package>'}, "damaged"),
        ({"OPS/content.opf": "<package>"}, "damaged"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_cannot_be_read_says_why(extra: dict[str, str], reason: str) -> None:
    with pytest.raises(ReadError) as error:
        read_bytes("a.epub", epub({"a.xhtml": chapter("A", "x")}, extra=extra))
    assert error.value.data["reason"] == reason
