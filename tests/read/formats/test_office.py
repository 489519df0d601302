"""Word, PowerPoint and Excel."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx import Presentation
from pptx.util import Inches
from tests.read.samples import saved, slides, word, workbook, zipped

from shortlist.errors import ReadError
from shortlist.read import read_bytes
from shortlist.records import Document, Heading, Page

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from pptx.shapes.placeholder import SlidePlaceholder


def read(name: str, content: bytes) -> Document:
    [document] = read_bytes(name, content)
    return document


def read_word(fill: Callable[[WordDocument], object]) -> Document:
    document = docx.Document()
    fill(document)
    return read("a.docx", saved(document))


def test_word_headings_lists_and_tables() -> None:
    def fill(document: WordDocument) -> None:
        document.add_heading("手册", 0)
        document.add_heading("Keys", 1)
        document.add_paragraph("Rotate.")
        document.add_paragraph("one", style="List Bullet")
        document.add_paragraph("two", style="List Number")
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ("a", "b|c", "1", "2"), strict=True):  # pyright: ignore[reportPrivateUsage] in their order
            cell.text = text
        document.add_heading("Sub", 2)
        document.add_paragraph("end")

    document = read_word(fill)
    assert document.title == "手册"
    assert document.text == (
        "手册\n\nKeys\n\nRotate.\n\n- one\n- two\n\n| a | b\\|c |\n| --- | --- |\n| 1 | 2 |\n\nSub\n\nend"
    )
    assert document.headings == (Heading(0, 1, "手册"), Heading(4, 1, "Keys"), Heading(70, 2, "Sub"))


def test_word_text_in_insertions_boxes_and_controls_is_read_and_deleted_text_is_not() -> None:
    def fill(document: WordDocument) -> None:
        body = cast(Any, document.element).body
        for inner in (
            "<w:p {}><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>",
            "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "<w:p {}><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent>"
            "</w:pict></w:r></w:p>",
        ):
            body.insert(0, parse_xml(inner.format(nsdecls("w"))))

    assert read_word(fill).text == "in a box\n\nin a control\n\nkept inserted"


def test_word_footnotes_stand_at_the_end() -> None:
    notes = (
        f"<w:footnotes {nsdecls('w')}><w:footnote w:type='separator' w:id='0'><w:p/></w:footnote>"
        "<w:footnote w:id='1'><w:p><w:r><w:t>A note 注</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    members = {name: content.decode("utf-8", "surrogateescape") for name, content in unzipped(word()).items()}
    members["word/footnotes.xml"] = notes
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    types = "[Content_Types].xml"
    members[types] = members[types].replace(
        "</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    links = "word/_rels/document.xml.rels"
    members[links] = members[links].replace(
        "</Relationships>", f'<Relationship Id="rId99" Type="{relation}" Target="footnotes.xml"/></Relationships>'
    )
    content = zipped({name: text.encode("utf-8", "surrogateescape") for name, text in members.items()})
    assert read("a.docx", content).text.endswith("\n\nA note 注")


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_slides_are_pages_with_their_titles_as_headings() -> None:
    show = Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    assert first.shapes.title is not None
    first.shapes.title.text = "标题"
    cast("SlidePlaceholder", first.placeholders[1]).text_frame.text = "one\ntwo"
    notes = first.notes_slide.notes_text_frame
    assert notes is not None
    notes.text = "say this"
    second = show.slides.add_slide(show.slide_layouts[6])
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for n, text in enumerate(("a", "b", "1", "2")):
        table.cell(n // 2, n % 2).text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1)).text_frame.text = "in a group"
    document = read("a.pptx", saved(show))
    assert document.text == (
        "标题\n\n- one\n- two\n\nNotes: say this\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nin a group"
    )
    assert document.pages == (Page(0, 1), Page(document.text.index("| a"), 2))
    assert document.headings == (Heading(0, 1, "标题"),)


def test_sheets_are_headings_and_every_value_has_its_name() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "价格"
    for row in (
        ["Prices of 2024"],
        [],
        ["Item", "Price", "Since", "At"],
        ["Pen", 3.0, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 8, 30)],
        ["Cup", 2.5, None, None, "extra"],
    ):
        sheet.append(row)
    book.create_sheet("Empty")
    book.create_sheet("Numbers").append([1, 2])
    document = read("a.xlsx", saved(book))
    assert document.text == (
        "价格\n\nPrices of 2024\nItem | Price | Since | At\n"
        "Item: Pen; Price: 3; Since: 2024-01-02; At: 2024-01-02 08:30:00\nItem: Cup; Price: 2.5; extra"
        "\n\nNumbers\n\n1 | 2"
    )
    assert [(h.level, h.title) for h in document.headings] == [(1, "价格"), (1, "Numbers")]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.docx", word(), "word/document.xml"),
        ("a.pptx", slides(), "ppt/slides/slide1.xml"),
        ("a.xlsx", workbook(), "xl/worksheets/sheet1.xml"),
    ],
)
def test_entities_unfold_into_nothing(name: str, content: bytes, part: str) -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    members = unzipped(content)
    root = re.sub(rb"^<\?xml.*?\?>\s*", b"", members[part])
    members[part] = bomb.encode() + b"]>" + re.sub(rb"(<(?:w:t|a:t|v|t)>)", rb"\1&a9;", root)
    assert b"&a9;" in members[part]
    documents: list[Document] = []
    with suppress(ReadError):
        documents = read_bytes(name, zipped(members))
    assert sum(len(document.text) for document in documents) < 1000
