"""Rows with named fields, from CSV, TSV, JSON Lines and JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.samples import rows

from shortlist.errors import ReadError
from shortlist.read import ReadOptions, Skipped, read_bytes, read_paths
from shortlist.records import Document

VISIBLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


def read(name: str, content: bytes | str, **options: str) -> list[Document]:
    return read_bytes(name, content.encode() if isinstance(content, str) else content, ReadOptions(**options))  # pyright: ignore[reportArgumentType] names of fields, all strings


@given(st.lists(VISIBLE, min_size=1, max_size=5))
@settings(deadline=None)
def test_texts_of_json_lines_are_read_exactly(texts: list[str]) -> None:
    documents = read("a.jsonl", rows(*({"text": text} for text in texts)))
    assert [document.text for document in documents] == texts
    assert [document.id for document in documents] == [f"a.jsonl#{n}" for n in range(1, len(texts) + 1)]


@given(st.lists(st.tuples(VISIBLE, VISIBLE), min_size=1, max_size=5))
@settings(deadline=None)
def test_texts_of_csv_are_read_exactly(cells: list[tuple[str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    content = "text,note\r\n" + "".join(f"{quoted(a)},{quoted(b)}\r\n" for a, b in cells)
    documents = read("a.csv", content)
    assert [document.text for document in documents] == [text for text, _ in cells]


@pytest.mark.parametrize("name", ["text", "Content", "BODY", "passage", "page_content", "正文", "内容"])
def test_the_text_is_recognised_by_its_name(name: str) -> None:
    [document] = read("a.csv", f"n,{name}\n7,hello\n")
    assert document.text == "hello"
    assert dict(document.metadata) == {"n": 7}
    assert document.title == ""


def test_question_and_answer_are_the_text_where_there_is_no_other() -> None:
    [document] = read("a.csv", "问题,答案,分类\n如何轮换密钥?,每九十天一次。,安全\n")
    assert document.text == "如何轮换密钥?\n每九十天一次。"
    assert document.metadata["分类"] == "安全"


def test_without_a_known_text_every_field_is_named() -> None:
    [document] = read("a.csv", "name,price,since\nPen,3,2024-01-02\n")
    assert document.text == "name: Pen\nprice: 3\nsince: 2024-01-02"
    assert dict(document.metadata) == {"name": "Pen", "price": 3, "since": date(2024, 1, 2)}


def test_columns_have_one_type_each() -> None:
    content = "text,year,zip,score,ok,day\na,2024,02134,1,true,2024-01-02\nb,2025,10001,2.5,false,\n"
    first, second = (document.metadata for document in read("a.csv", content))
    assert dict(first) == {"year": 2024, "zip": "02134", "score": 1.0, "ok": True, "day": date(2024, 1, 2)}
    assert dict(second) == {"year": 2025, "zip": "10001", "score": 2.5, "ok": False}


def test_json_keeps_its_types_and_inner_objects_become_names() -> None:
    row = {
        "_id": 7,
        "text": "t",
        "title": "T",
        "n": 1,
        "x": 0.5,
        "ok": True,
        "none": None,
        "day": "2024-01-02",
        "tags": ["a", "b"],
        "metadata": {"lang": "zh", "n": 2},
        "by": {"name": "Ann", "at": {"city": "北京"}},
        "big": 2**70,
        "parts": [{"a": 1}],
    }
    [document] = read("a.jsonl", rows(row))
    assert (document.id, document.title) == ("7", "T")
    assert dict(document.metadata) == {
        "n": 1,
        "x": 0.5,
        "ok": True,
        "day": date(2024, 1, 2),
        "tags": "a, b",
        "lang": "zh",
        "by.name": "Ann",
        "by.at.city": "北京",
        "big": str(2**70),
        "parts": '[{"a": 1}]',
    }


def test_fields_can_be_named_and_one_that_is_not_there_is_an_error_that_lists_those_that_are() -> None:
    content = "key,story,head\nk1,once,H\n"
    [document] = read("a.csv", content, text_field="story", id_field="key", title_field="head")
    assert (document.id, document.text, document.title) == ("k1", "once", "H")
    with pytest.raises(ReadError, match=r"no field 'tale'.*key, story, head"):
        read("a.csv", content, text_field="tale")
    with pytest.raises(ReadError, match="no field 'tale'"):
        read("a.jsonl", rows({"text": "x"}), text_field="tale")


def test_rows_keep_their_own_ids_where_the_file_was_named_and_never_collide(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,text\n1,one\n2,two\n2,again\n")
    options = ReadOptions(root=tmp_path)

    def ids(*paths: Path) -> list[str]:
        return [item.id for item in read_paths(paths, options) if isinstance(item, Document)]

    assert ids(tmp_path / "a.csv") == ["1", "2", "a.csv#2"]
    assert ids(tmp_path) == ["a.csv#1", "a.csv#2", "a.csv#2#3", "b.csv#1", "b.csv#2", "b.csv#2#3"]
    both = ids(tmp_path / "a.csv", tmp_path / "b.csv")
    assert len(set(both)) == len(both) == 6
    assert ids(tmp_path / "*.csv") == both


def test_bad_lines_are_reported_by_number_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"text":"one"}\n\n{"text":\n[1]\n{"text":"\\ud800"}\n{"n":' + b"9" * 5000 + b'}\n{"text":"last"}'
    )
    items = list(read_paths([path]))
    assert [item.text for item in items if isinstance(item, Document)] == ["one", "\ufffd", "last"]
    assert [(item.reason, item.line) for item in items if isinstance(item, Skipped)] == [
        ("bad-row", 3),
        ("bad-row", 4),
        ("bad-row", 6),
    ]


def test_a_row_without_text_is_counted_not_given(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(rows({"_id": "1", "text": ""}, {"_id": "2", "text": "", "title": "Only a title"}))
    empty, titled = read_paths([path])
    assert isinstance(empty, Skipped)
    assert (empty.reason, empty.line) == ("empty", 1)
    assert isinstance(titled, Document)
    assert titled.text == titled.title == "Only a title"


def test_a_line_longer_than_the_limit_is_left_out_and_one_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(rows({"text": "x" * 10_000_000}, {"text": "short"}))
    lengths = [len(item.text) for item in read_paths([path]) if isinstance(item, Document)]
    assert lengths == [10_000_000, 5]
    short, left_out = read_paths([path], ReadOptions(max_file_bytes=100_000))
    assert isinstance(left_out, Skipped)
    assert (left_out.reason, left_out.line) == ("bad-row", 1)
    assert isinstance(short, Document)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "标题,正文\n轮换,签名密钥每九十天轮换一次，旧密钥保留三十天\n")]
)
def test_tables_in_chinese_encodings_are_read(encoding: str, name: str, content: str) -> None:
    [document] = read(name, content.encode(encoding))
    assert (document.title, document.text) == ("轮换", "签名密钥每九十天轮换一次，旧密钥保留三十天")


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_that_of_the_first_line(delimiter: str) -> None:
    [document] = read("a.csv", f'id{delimiter}text\n"1"{delimiter}"a{delimiter} b\nc"\n')
    assert document.text == f"a{delimiter} b\nc"


def test_numbered_texts_without_names_are_a_collection() -> None:
    documents = read("collection.tsv", '17\tThe "key, rotates\n18\t"quoted ""whole"""\n')
    assert [(document.id, document.text) for document in documents] == [
        ("17", 'The "key, rotates'),
        ("18", 'quoted "whole"'),
    ]


def test_a_table_without_names_gives_its_columns_numbers() -> None:
    documents = read("a.csv", "1,Pen,3\n2,Cup,4,extra\n")
    assert documents[0].text == "column 1: 1\ncolumn 2: Pen\ncolumn 3: 3"
    assert documents[1].metadata["column 4"] == "extra"


def test_a_quotation_mark_that_is_never_closed_ends_with_the_file() -> None:
    documents = read("a.csv", 'id,text\n1,one\n2,"two\n3,three\n')
    assert [document.text for document in documents] == ["one", "two\n3,three\n"]


def test_a_list_of_objects_is_a_table_and_other_json_is_text() -> None:
    table = json.dumps([{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
    assert [(document.id, document.text) for document in read("a.json", table)] == [("a", "one"), ("b", "two")]
    for content in ('{"name": "值"}\r\n', "[1, 2]", '{"cut": ', "// comment\n{}", "[" * 100_000):
        [document] = read("a.json", content)
        assert document.text == content
        assert document.format == "json"
