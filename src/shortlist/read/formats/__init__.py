"""The one table of formats. A new format is one file here and one sample in the tests."""

from shortlist.read.formats import (
    code,
    csv,
    docx,
    epub,
    html,
    json,
    jsonl,
    mail,
    markdown,
    notebook,
    pdf,
    pptx,
    rst,
    text,
    xlsx,
)
from shortlist.read.port import Format

FORMATS: tuple[Format, ...] = (
    pdf.FORMAT,
    docx.FORMAT,
    pptx.FORMAT,
    xlsx.FORMAT,
    epub.FORMAT,
    html.FORMAT,
    markdown.FORMAT,
    notebook.FORMAT,
    rst.FORMAT,
    csv.FORMAT,
    jsonl.FORMAT,
    json.FORMAT,
    mail.FORMAT,
    code.FORMAT,
    text.FORMAT,
)
