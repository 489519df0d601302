"""Named fields → document: which field is the text, which the title and the id; the others are metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from shortlist.read.port import ReadOptions, ReadResult, Source
from shortlist.read.values import DATE, parsed
from shortlist.records import MetadataValue

# Names by which a field is recognised; the first found wins; capitals do not matter.
TEXT = ("text", "content", "body", "passage", "page_content", "contents", "正文", "内容", "內容", "文本")
TITLE = ("title", "标题", "標題", "题目", "題目")
ID = ("_id", "id", "doc_id", "docid", "document_id")
QUESTION = ("question", "问题", "問題", "问")
ANSWER = ("answer", "答案", "回答", "答")
INNER = ("metadata", "meta")  # objects whose entries stand beside the other fields
LARGEST_INT = 2**63 - 1  # what a database column holds
NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Roles:
    """Which field plays which part; empty where none does."""

    text: tuple[str, ...]  # a line break between their values; all fields as "name: value" where there is none
    title: str = ""
    id: str = ""


class UnknownField(ValueError):
    """A field that the options name and the rows do not have."""


def roles(names: Iterable[str], options: ReadOptions) -> Roles:
    """The parts that these fields play.

    Raises:
        UnknownField: the options name another.
    """
    names = list(names)
    by_name = {name.strip().casefold(): name for name in reversed(names)}

    def known(candidates: tuple[str, ...]) -> str:
        return next((by_name[name] for name in candidates if name in by_name), "")

    for name in (options.text_field, options.title_field, options.id_field):
        if name and name not in names:
            shown = ", ".join(names[:NAMES_SHOWN]) or "none"
            raise UnknownField(f"has no field {name!r}; its fields are: {shown}")
    text = options.text_field or known(TEXT)
    question, answer = known(QUESTION), known(ANSWER)
    both = (question, answer) if question and answer else ()
    return Roles((text,) if text else both, options.title_field or known(TITLE), options.id_field or known(ID))


def row_document(
    source: Source, fields: Mapping[str, MetadataValue], parts: Roles, *, row: int, format: str
) -> ReadResult:
    """The document of one row.

    Args:
        source: the file.
        fields: typed values by name; empty ones left out.
        parts: who plays which part.
        row: its number in the file, from 1: the id of a row without an id of its own.
        format: name of the file's format.
    """
    title = str(fields.get(parts.title, ""))
    rest = {name: value for name, value in fields.items() if name not in (parts.title, parts.id)}
    if parts.text:
        text = "\n".join(str(rest.pop(name)) for name in parts.text if name in rest)
    else:
        text = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in rest.items())
    text = text if text.strip() else title  # where there is no text the title is all there is
    if not text.strip():
        return source.skipped("empty", "the row has no text", line=row)
    own = str(fields.get(parts.id, "")).strip()
    return source.document(text, format=format, title=title, metadata=rest, part_id=source.part_id(row, own))


def flat(record: Mapping[str, object], prefix: str = "") -> dict[str, MetadataValue]:
    """The plain values of a JSON object: inner objects become dotted names, lists one string."""
    fields: dict[str, MetadataValue] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            below = "" if not prefix and name.casefold() in INNER else f"{prefix}{name}."
            for inner, plain in flat(cast("dict[str, object]", value), below).items():
                fields.setdefault(inner, plain)
        elif (plain := _plain(value)) is not None:
            fields[prefix + name] = plain
    return fields


def _plain(value: object) -> MetadataValue | None:
    match value:
        case None | "" | []:
            return None
        case bool():
            return value
        case int() if abs(value) <= LARGEST_INT:
            return value
        case float() if math.isfinite(value):
            return value
        case date():  # in TOML
            return value
        case str():
            return parsed(value) if DATE.fullmatch(value) else value
        case list():
            items = cast("list[object]", value)
            if all(isinstance(item, str | int | float) for item in items):
                return ", ".join(map(str, items))
            return json.dumps(items, ensure_ascii=False)
        case _:
            return str(value)
