from hypothesis import given
from hypothesis import strategies as st
from training.encoder.sources.pages import page_passages, sections

PARAGRAPH = "The council met on Monday and agreed to repair the old bridge before the winter comes. " * 3
PAGE = f"""<html><head><title>Site</title><style>p {{ color: red }}</style></head><body>
<nav><p>Next page and previous page of this fine documentation</p></nav>
<div role="main"><h1>2.1. Bridges<a class="headerlink" href="#x">¶</a></h1>
<p>{PARAGRAPH}</p><pre>repair(bridge)</pre>
<h2>How are bridges repaired?</h2><ul><li><p>First <code>item</code> &amp; more.</p></li><li>Second item.</li></ul>
<h2>Costs</h2><p>{PARAGRAPH}<script>alert(1)</script></p></div>
<footer><p>Copyright of the council</p></footer></body></html>"""


def test_blocks_stand_under_their_headings_each_once() -> None:
    found = [section for section in sections(PAGE) if section.blocks]
    assert [(section.heading, len(section.blocks)) for section in found] == [
        ("Bridges", 1),
        ("How are bridges repaired?", 2),
        ("Bridges Costs", 1),
    ]
    assert found[1].blocks == ("First item & more.", "Second item.")


def test_what_is_not_text_is_left_out() -> None:
    said = " ".join(block for section in sections(PAGE) for block in section.blocks)
    for unread in ("Next page", "repair(", "alert", "Copyright", "¶", "<", "color"):
        assert unread not in said


def test_passages_are_asked_for_by_their_heading() -> None:
    assert [passage.query for passage in page_passages(PAGE)] == ["Bridges", "Bridges Costs"]


@given(st.text(alphabet="<>/phli1 \n&;\"'!-a中", max_size=80))
def test_a_broken_page_gives_no_markup(markup: str) -> None:
    for section in sections(f"<body><h1>Title</h1>{markup}"):
        assert all(block.strip() for block in section.blocks)
        assert not any("</p>" in block for block in section.blocks)
