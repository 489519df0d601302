from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import ReadError
from shortlist.read import read_bytes
from shortlist.records import Document, Heading

PIECES = "<p> </p> <ul> <li> </ul> <table> <tr> <td> </table> <h2> </h2> <pre> <caption> <dl> <dd> <center> 签 a <br>"


def read(page: str | bytes, name: str = "page.html") -> Document:
    [document] = read_bytes(name, page.encode() if isinstance(page, str) else page)
    return document


def test_blocks_stand_apart_and_inline_elements_do_not() -> None:
    page = "<body>loose <b>text</b><div>one<div>t<i>w</i>o</div>three</div><p>four<br> five\n six</p>"
    assert read(page).text == "loose text\n\none\n\ntwo\n\nthree\n\nfour\nfive six"


def test_headings_stand_where_they_say() -> None:
    document = read("<title>T</title><p>a</p><h1>One <b>1</b></h1><p>b<h3><a href=x>Three</a></h3>c")
    assert document.title == "T"
    assert document.headings == (Heading(3, 1, "One 1"), Heading(13, 3, "Three"))
    assert all(document.text.startswith(h.title, h.start) for h in document.headings)


def test_lists_are_items_indented_by_depth() -> None:
    page = "<p>x<ul><li>a<ul><li>a1<li>a2</ul><li><p>b</p><p>b2</p></ul><ol><li>first<li>second</ol><p>y"
    assert read(page).text == "x\n\n- a\n  - a1\n  - a2\n- b\n  b2\n\n1. first\n2. second\n\ny"


def test_code_keeps_its_lines_between_fences() -> None:
    assert read("<pre>\n  a\n    b ``` c\n</pre>").text == "````\n  a\n    b ``` c\n````"


def test_tables_of_data_are_rows_and_tables_that_arrange_are_not() -> None:
    data = "<table><caption>C</caption><tr><th>n<th>v</tr><tr><td>1|2<td><ul><li>p<li>q</ul></table>"
    assert read(data).text == "C\n\n| n | v |\n| --- | --- |\n| 1\\|2 | p q |"
    arranged = "<table><tr><td><h2>H</h2><p>a<td><table><tr><td>x<td>y</table></table>"
    assert read(arranged).text == "H\n\na\n\n| x | y |"


def test_what_is_not_seen_is_not_read() -> None:
    page = (
        "<head><style>s</style></head><nav>menu</nav><script>x()</script><noscript>n</noscript><template>t</template>"
        "<p hidden>h<p style='display: none'>d<!-- c --><svg><text>g</text></svg><p>seen<button>b</button>"
    )
    assert read(page).text == "seen"


def test_chinese_is_not_torn_by_line_breaks_and_readings() -> None:
    assert read("<p>签名密钥\n  每九十天轮换<ruby>一<rt>yī</rt></ruby>次。\nRotate\nit.").text == (
        "签名密钥每九十天轮换一次。 Rotate it."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["", "<meta charset={}>", '<meta http-equiv=x content="text/html; charset={}">'])
def test_the_encoding_is_that_of_the_mark_the_declaration_or_the_bytes(encoding: str, declared: str) -> None:
    text = "密鑰由人事部門保存一年"
    page = f"<html>{declared.format(encoding)}<p>{text}</p>"
    assert read(page.encode(encoding)).text == text


def test_a_page_that_was_converted_and_kept_its_declaration_is_read() -> None:
    assert read("<meta charset=gb2312><p>签名密钥每九十天轮换一次".encode()).text == "签名密钥每九十天轮换一次"


def test_language_author_and_date_are_metadata() -> None:
    page = (
        '<html lang="zh-CN"><meta name=author content="Ann"><meta property="article:published_time" '
        'content="2024-05-01T08:00:00Z"><p>x'
    )
    assert dict(read(page).metadata) == {"lang": "zh-CN", "author": "Ann", "date": date(2024, 5, 1)}


def test_a_page_without_text_says_so() -> None:
    with pytest.raises(ReadError, match="shows no text"):
        read("<html><script>app()</script><div id=root></div>")


def test_elements_that_xhtml_closes_at_once_do_not_swallow_the_page() -> None:
    page = '<html><head><title/><script src="x"/></head><body><a id="a"/><p>text<br/>more</p></body></html>'
    assert read('<?xml version="1.0"?>' + page, "page.xhtml").text == "text\nmore"


@pytest.mark.parametrize("tag", ["div", "ul><li", "table><tr><td", "b", "blockquote", "font", "p><b"])
def test_tags_that_are_never_closed_end(tag: str) -> None:
    assert read(f"<{tag}>x" * 3000).text.count("x") == 3000


@given(st.lists(st.sampled_from(PIECES.split())))
@settings(deadline=None, max_examples=100)
def test_no_letter_is_lost_or_doubled_however_tags_are_mixed(pieces: list[str]) -> None:
    document = read("<html><p>begin</p>" + " ".join(pieces))
    assert document.text.count("签") == pieces.count("签")
    assert document.text.count("a") == pieces.count("a")
