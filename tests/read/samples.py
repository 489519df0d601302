"""One sample of each format of the table, made by the libraries that write it. A new format adds its own here."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from typing import TYPE_CHECKING, Protocol, cast

import docx
import openpyxl
from pptx import Presentation
from tests.read.pdfs import pdf

if TYPE_CHECKING:
    from pptx.shapes.placeholder import SlidePlaceholder

ENGLISH = "Rotate the signing key every ninety days."
CHINESE = "签名密钥每九十天轮换一次。"
TITLE = "Keys 密钥"


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = TITLE
    document.add_heading("Rotation", 1)
    document.add_paragraph(ENGLISH)
    document.add_heading("轮换", 2)
    document.add_paragraph(CHINESE)
    return saved(document)


def slides() -> bytes:
    show = Presentation()
    for title, text in (("Rotation", ENGLISH), ("轮换", CHINESE)):
        slide = show.slides.add_slide(show.slide_layouts[1])
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
        cast("SlidePlaceholder", slide.placeholders[1]).text_frame.text = text
    return saved(show)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, text in (("Rotation", ENGLISH), ("轮换", CHINESE)):
        sheet = book.create_sheet(title)
        sheet.append(["Rule", "Days"])
        sheet.append([text, 90])
    return saved(book)


def book() -> bytes:
    return epub({"1.xhtml": chapter("Rotation", ENGLISH), "2.xhtml": chapter("轮换", CHINESE)})


def chapter(title: str, text: str) -> str:
    head = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
    return f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>"


def epub(pages: Mapping[str, str], *, title: str = TITLE, extra: Mapping[str, str] | None = None) -> bytes:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{title}</dc:title><dc:language>zh</dc:language><dc:creator>Ann</dc:creator></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/content.opf"/></rootfiles></container>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/content.opf": package,
            **{f"OPS/{name}": page for name, page in pages.items()},
            **(extra or {}),
        }
    )


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


class Saves(Protocol):
    """What Word documents, slides and workbooks have in common."""

    def save(self, stream: io.BytesIO, /) -> None: ...


def saved(document: Saves) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def message() -> bytes:
    mail = EmailMessage()
    mail["Subject"] = TITLE
    mail["From"] = "张三 <zhang@example.org>"
    mail["Date"] = "Mon, 06 May 2024 08:00:00 +0800"
    mail.set_content(f"{ENGLISH}\n\n{CHINESE}\n")
    return mail.as_bytes()


def rows(*records: Mapping[str, object]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


NOTEBOOK = {"cells": [{"cell_type": "markdown", "source": [f"# {TITLE}\n", "\n", ENGLISH, "\n\n", CHINESE]}]}
PAGE = f"<!doctype html><title>{TITLE}</title><h1>Rotation</h1><p>{ENGLISH}</p><h2>轮换</h2><p>{CHINESE}</p>"

# By the name of the format: a file name and its bytes, in which both sentences stand.
SAMPLES: dict[str, tuple[str, bytes]] = {
    "pdf": ("keys.pdf", pdf([[ENGLISH], [CHINESE]], outline=[("Rotate", 0)], title=TITLE)),
    "docx": ("keys.docx", word()),
    "pptx": ("keys.pptx", slides()),
    "xlsx": ("keys.xlsx", workbook()),
    "epub": ("keys.epub", book()),
    "html": ("keys.html", PAGE.encode()),
    "markdown": ("keys.md", f"# {TITLE}\n\n{ENGLISH}\n\n## 轮换\n\n{CHINESE}\n".encode()),
    "rst": ("keys.rst", f"Keys\n====\n\n{ENGLISH}\n\n轮换\n----\n\n{CHINESE}\n".encode()),
    "csv": ("keys.csv", f'id,text\n1,{ENGLISH}\n2,"{CHINESE}"\n'.encode()),
    "jsonl": ("keys.jsonl", rows({"_id": "en", "text": ENGLISH}, {"_id": "zh", "text": CHINESE})),
    "json": ("keys.json", json.dumps([{"text": ENGLISH}, {"text": CHINESE}]).encode()),
    "notebook": ("keys.ipynb", json.dumps(NOTEBOOK).encode()),
    "mail": ("keys.eml", message()),
    "code": ("keys.py", f'def rotate():\n    """{ENGLISH} {CHINESE}"""\n'.encode()),
    "text": ("keys.txt", f"{ENGLISH}\r\n{CHINESE}\r\n".encode()),
}
