from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.read.layout import Layout
from shortlist.read.paragraphs import paragraphs
from shortlist.records import Page

TEXTS = st.text(st.sampled_from("ab 签名\n|"), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["block", "heading", "page"]), TEXTS)))
@settings(deadline=None)
def test_marks_ascend_and_headings_stand_where_they_say(steps: list[tuple[str, str]]) -> None:
    layout = Layout()
    for number, (kind, text) in enumerate(steps, 1):
        if kind == "page":
            layout.page(number)
        elif kind == "heading":
            layout.heading(text, 1)
        else:
            start = layout.add(text)
            assert not text.strip() or layout.text[start:] == text.strip("\r\n").rstrip()
    for marks in (layout.headings, layout.pages):
        starts = [mark.start for mark in marks]
        assert starts == sorted(set(starts))
        assert all(start < len(layout.text) for start in starts)
    assert all(layout.text.startswith(heading.title, heading.start) for heading in layout.headings)


def test_a_page_begins_with_its_first_block_and_one_without_text_has_no_mark() -> None:
    layout = Layout()
    layout.page(1)
    layout.page(2)
    layout.add("two")
    layout.page(3)
    layout.add("three")
    layout.page(4)
    assert layout.pages == [Page(0, 2), Page(5, 3)]


def test_a_table_is_written_as_markdown_writes_it() -> None:
    layout = Layout()
    layout.rows([["a|b", "c\nd"], ["", ""], ["1", "2"]])
    assert layout.text == "| a\\|b | c d |\n| --- | --- |\n| 1 | 2 |"


def test_full_lines_of_a_page_are_joined_in_english_with_a_space_and_in_chinese_without() -> None:
    english = (
        "The key that signs releases is rotated\r\nevery ninety days, and the old one is kept\r\nfor thirty.\r\nNext."
    )
    assert paragraphs(english) == (
        "The key that signs releases is rotated every ninety days, and the old one is kept for thirty.\n\nNext."
    )
    chinese = "签名密钥每九十天轮换一次，旧密钥\r\n保留三十天，以便验证先前签发的文\r\n件。"
    assert paragraphs(chinese) == chinese.replace("\r\n", "")


def test_a_word_broken_at_the_end_of_a_line_is_made_whole() -> None:
    assert paragraphs("it is a mani\ufffeulation of it") == "it is a maniulation of it"
    assert paragraphs("it is a man\x02\r\nagement") == "it is a management"


def test_short_lines_stay_lines() -> None:
    table = "Name Price\r\nPen 3\r\nCup 12"
    assert paragraphs(table) == table.replace("\r\n", "\n")


def test_items_of_a_list_stay_apart() -> None:
    text = (
        "- the first item of this list, which fills its line\n- the second item of this list, which fills as well\n"
        "- third"
    )
    assert paragraphs(text).count("\n") == 2
