"""Word documents: headings by their styles, lists, tables, text boxes, and the notes at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from shortlist.read.layout import Layout
from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.zipped import MARK, holds, opened

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What was deleted, the codes of fields, and the second copy of a text box for old programs.
UNSEEN = frozenset({WORD + "del", WORD + "moveFrom", WORD + "instrText", WORD + "pPr", WORD + "rPr", FALLBACK})
WRAPPERS = frozenset(WORD + name for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)
NO_AUTHOR = "python-docx"  # what the library that writes most generated documents signs them with
NOTES = re.compile(r"/(?:footnotes|endnotes)\.xml$")

Element = Any  # of lxml, which ships no types


@dataclass(frozen=True, slots=True)
class Styles:
    """What the paragraph styles of a document mean, by their ids."""

    levels: Mapping[str, int]  # of headings; 0 is the title
    lists: frozenset[str]


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document. Headers and footers, which repeat on every page, are left out; so are comments."""
    import docx

    with opened(source, options), source.seekable() as stream:
        word = docx.Document(stream)
    layout = Layout()
    writer = _Writer(layout, _styles(word))
    writer.add(cast(Element, word.element).body)
    for note in _notes(word):
        layout.add(note)
    facts = word.core_properties
    yield source.document(
        layout.text,
        format="docx",
        title=facts.title or writer.title,
        metadata={"author": facts.author} if facts.author and facts.author != NO_AUTHOR else {},
        headings=layout.headings,
    )


class _Writer:
    """Adds paragraphs and tables to a layout; keeps the title that it meets."""

    def __init__(self, layout: Layout, styles: Styles) -> None:
        self.layout = layout
        self.styles = styles
        self.title = ""
        self.in_list = False

    def add(self, parent: Element) -> None:
        for node in parent:
            if node.tag == WORD + "p":
                self._paragraph(node)
            elif node.tag == WORD + "tbl":
                self._table(node)
            elif node.tag in WRAPPERS:  # content controls, insertions
                self.add(node)

    def _paragraph(self, node: Element) -> None:
        text = _text(node).strip()
        if not text:
            return
        style, outline, item = _properties(node)
        level = outline or self.styles.levels.get(style)
        is_item = level is None and (item is not None or style in self.styles.lists)
        if level is not None:
            self.title = self.title or (text if level == 0 else "")
            self.layout.heading(text, max(level, 1))
        elif is_item:
            self.layout.add("  " * (item or 0) + f"- {text}", after="\n" if self.in_list else "\n\n")
        else:
            self.layout.add(text)
        self.in_list = is_item

    def _table(self, node: Element) -> None:
        rows = [list(_inside(row, "tc")) for row in _inside(node, "tr")]
        if sum(map(len, rows)) == 1:  # a box around text
            self.add(rows[0][0] if rows[0] else next(row for row in rows if row)[0])
        else:
            self.layout.rows([[_text(cell) for cell in row] for row in rows])
        self.in_list = False


def _inside(node: Element, name: str) -> Iterator[Element]:
    """The rows of a table, or the cells of a row, those in content controls too."""
    for child in node:
        if child.tag == WORD + name:
            yield child
        elif child.tag in WRAPPERS:
            yield from _inside(child, name)


def _properties(paragraph: Element) -> tuple[str, int | None, int | None]:
    """The style of a paragraph, its own outline level, and its level in a list; None where it has none."""
    properties = paragraph.find(WORD + "pPr")
    if properties is None:
        return "", None, None
    style = _value(properties.find(WORD + "pStyle")) or ""
    outline = _value(properties.find(WORD + "outlineLvl"))
    numbering = properties.find(WORD + "numPr")
    item = None
    if numbering is not None and _value(numbering.find(WORD + "numId")) != "0":  # 0 takes a paragraph out of its list
        item = int(_value(numbering.find(WORD + "ilvl")) or 0)
    return style, int(outline) + 1 if outline and int(outline) < 9 else None, item


def _value(node: Element) -> str | None:
    return None if node is None else node.get(WORD + "val")


def _text(node: Element) -> str:
    return "".join(_texts(node))


def _texts(node: Element) -> Iterator[str]:
    for child in node:
        tag = child.tag
        if not isinstance(tag, str) or tag in UNSEEN:  # comments and entities have no name
            continue
        name = tag.rpartition("}")[2]
        if name == "t":
            yield child.text or ""
        elif name in CHARACTERS:
            yield CHARACTERS[name]
        else:
            if name in ("p", "tc"):  # of a text box, of a table in a cell
                yield "\n"
            yield from _texts(child)


def _styles(word: WordDocument) -> Styles:
    """Levels and lists by style, those that a style has from the one it is based on too."""
    found = {node.get(WORD + "styleId", ""): node for node in _nodes(word.styles.element, "style")}
    levels: dict[str, int] = {}
    lists: set[str] = set()
    for style in found:
        for ancestor in _ancestry(style, found):
            name = _value(ancestor.find(WORD + "name")) or ""
            outline = next((_value(node) for node in _nodes(ancestor, "outlineLvl")), None)
            heading = HEADING.match(name)
            if heading or name.lower() == "title" or (outline and int(outline) < 9):
                levels[style] = int(heading[1]) if heading else 0 if name.lower() == "title" else int(outline or 0) + 1
                break
            if name.lower().startswith("list") or next(_nodes(ancestor, "numPr"), None) is not None:
                lists.add(style)
    return Styles(levels, frozenset(lists.difference(levels)))


def _ancestry(style: str, found: Mapping[str, Element]) -> Iterator[Element]:
    met: set[str] = set()
    while style in found and style not in met:
        met.add(style)
        yield found[style]
        style = _value(found[style].find(WORD + "basedOn")) or ""


def _nodes(root: Element, name: str) -> Iterator[Element]:
    return root.iter(WORD + name)


def _notes(word: WordDocument) -> Iterator[str]:
    from docx.oxml.parser import parse_xml

    for part in cast(Element, word.part.package).iter_parts():
        if NOTES.search(str(part.partname)):
            for note in cast(Element, parse_xml(part.blob)):
                if note.get(WORD + "type") is None:  # the others are the rules between text and notes
                    yield " ".join(_text(note).split())


def sniff(head: bytes, source: Source) -> bool:
    """Whether the file is an archive with a Word document in it."""
    return head.startswith(MARK) and holds(source, "word/")


FORMAT = Format(name="docx", suffixes=(".docx",), read=read, sniff=sniff, binary=True)
