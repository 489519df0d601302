import re

from hypothesis import given
from hypothesis import strategies as st
from training.encoder.sources.passages import PARAGRAPH, Section, cut, is_prose, one_line, words

SENTENCES = st.sampled_from(
    [
        "The council met on Monday and agreed to repair the old bridge before winter.",
        "Nobody objected!",
        "Is the harbour open in January, when the ice is thick and the wind comes from the north?",
        "章程规定，理事会每年至少召开两次会议。",
        "桥梁将在冬季之前修好。",
        "word " * 150 + "end.",
        "See section 3.2 of the report,\nwhich was printed in 1987.",
        " ",
        "",
    ]
)
BLOCKS = st.lists(st.lists(SENTENCES, max_size=9).map(" ".join), max_size=6)
SIZES = st.sampled_from([PARAGRAPH, (8, 120), (1, 20)])


def unspaced(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(BLOCKS, SIZES)
def test_a_passage_is_of_the_text_in_its_order_and_of_the_size(blocks: list[str], size: tuple[int, int]) -> None:
    left = unspaced("".join(blocks))
    for passage in cut(Section("Bridges", tuple(blocks)), size):
        assert size[0] <= words(passage.text) <= size[1]
        assert passage.query == "Bridges"
        before, found, left = left.partition(unspaced(passage.text))
        assert found, f"{passage.text!r} does not follow {before!r}"


@given(BLOCKS)
def test_nothing_is_left_out_where_nothing_is_too_short_or_too_long(blocks: list[str]) -> None:
    kept = "".join(unspaced(passage.text) for passage in cut(Section("", tuple(blocks)), (1, 10_000)))
    assert kept == unspaced("".join(blocks))


def test_a_paragraph_that_fits_is_one_passage() -> None:
    paragraph = "The council met on Monday and agreed to repair the old bridge before winter. " * 3
    passages = list(cut(Section("Bridges", (paragraph, paragraph))))
    assert [passage.text for passage in passages] == [paragraph.strip()] * 2


def test_a_chinese_passage_has_no_spaces_between_its_lines() -> None:
    assert one_line("理事会每年\n召开两次  会议。") == "理事会每年召开两次会议。"
    assert one_line("使用 GPU\n加速") == "使用 GPU 加速"


def test_chinese_counts_by_characters() -> None:
    assert words("桥" * 70) == 40
    assert words("four words of English") == 4


def test_code_and_tables_are_no_prose() -> None:
    assert is_prose("The bridge was repaired in 1987, before winter.")
    assert not is_prose("1.5 2.5 3.5 | 4.5 | 12,000 = x[3] + y[4];")
    assert not is_prose("if (a) { b(); } ; return value of something rather long")
