import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.text import sentence_spans

PIECES = [
    "Dr. Smith",
    "3.14",
    "e.g.",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "。",
    "！？",
    "”",
    "Yes",
    "no",
    "中文",
    "- ",
    "# ",
    "…",
    "……",
    ".",
    "?",
    '"',
    ")",
]
texts = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)


@settings(deadline=None, max_examples=300)
@given(texts)
def test_every_visible_character_is_in_exactly_one_sentence(text: str) -> None:
    spans = sentence_spans(text)
    ends = [0, *(end for _, end in spans)]
    assert all(end <= start < stop for end, (start, stop) in zip(ends, spans, strict=False))
    inside = {i for start, end in spans for i in range(start, end)}
    assert all(character.isspace() for i, character in enumerate(text) if i not in inside)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@pytest.mark.parametrize(
    "sentences",
    [
        [
            "Dr. Smith went to the U.S. embassy at 3.14 p.m. yesterday.",
            'He said "Why?" and left!',
            '"Really?" she asked.',
        ],
        ["J. K. Rowling vs. Tolkien (cf. Fig. 3).", "See e.g. No. 5 of approx. ten.", "He said no.", "Then I left..."],
        ["Visit example.com today.", "(It is 2.5 times faster.)", "So do I.", "Good?!"],
        ["1. First of all.", "2. Second, of course."],
    ],
)
def test_english(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["他说：“你好。”", "然后走了！", "真的？！", "是的……", "好吧；", "行。"],
        ["「為什麼？」", "他問。", "版本是3.14吗？", "Yes.", "没错"],
        ["用Python！", "API?", "对"],
    ],
)
def test_chinese(sentences: list[str]) -> None:
    text = "".join(sentences)
    if "Yes." in sentences:
        text = text.replace("Yes.", "Yes. ")
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_lines() -> None:
    text = "# Keys\nRotate them\nevery year\n- one\n- two\n\n| a | b |\r\n| 1 | 2 |\n> quoted"
    found = [text[start:end] for start, end in sentence_spans(text)]
    assert found == ["# Keys", "Rotate them\nevery year", "- one", "- two", "| a | b |", "| 1 | 2 |", "> quoted"]


@pytest.mark.parametrize("text", ["." * 10**6 + "x", "!" * 10**6 + "中", "\n" * 10**6, "a. " * 10**5, " " * 10**6])
def test_long_runs_take_no_longer_than_other_text(text: str) -> None:
    assert len(sentence_spans(text)) <= 2
