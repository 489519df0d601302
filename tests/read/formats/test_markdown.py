from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.read import read_bytes
from shortlist.read.formats.markdown import markdown_headings
from shortlist.records import Document


def read(text: str) -> Document:
    [document] = read_bytes("notes.md", text.encode())
    return document


def headings(text: str) -> list[tuple[int, str, str]]:
    """Level, title, and the beginning of the line a heading stands on."""
    return [(h.level, h.title, text[h.start : h.start + 4]) for h in read(text).headings]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_stand_at_their_lines_whatever_ends_a_line(end: str) -> None:
    text = end.join(["Intro", "", "# 一 *One* `x`", "", "Two &amp; more", "---", "", "### [Three](t.md)", ""])
    assert headings(text) == [(1, "一 One x", "# 一 "), (2, "Two & more", "Two "), (3, "Three", "### ")]


def test_what_looks_like_a_heading_in_code_is_none() -> None:
    text = "```sh\n# comment\n```\n\n    # indented\n\n<!--\n# hidden\n-->\n\n# Real\n"
    assert [title for _, title, _ in headings(text)] == ["Real"]


def test_without_a_title_the_name_of_the_file_is_one() -> None:
    assert read("## Second level only\n").title == "notes"
    assert read("# First\n\n# Second\n").title == "First"


@given(
    st.lists(
        st.sampled_from(
            ["# a\n", "b\n===\n", "> # c\n", "- # d\n", "```\n", "\r\n", "    x\n", "| a |\n|---|\n", "签\n"]
        )
    )
)
@settings(deadline=None)
def test_headings_ascend_and_their_titles_stand_on_their_lines(lines: list[str]) -> None:
    text = "".join(lines)
    found = markdown_headings(text)
    assert [h.start for h in found] == sorted(h.start for h in found)
    assert all(h.title.split()[0] in text[h.start :].partition("\n")[0] for h in found)
