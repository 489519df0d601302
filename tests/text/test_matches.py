from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.text import matched_spans, query_terms, terms

texts = st.text() | st.lists(
    st.sampled_from(["rotate ", "Rotating ", "签名", "簽", "密钥", "，", "e\u0301", "key_id "])
).map("".join)


@settings(deadline=None, max_examples=200)
@given(texts, texts)
def test_spans_are_ascending_apart_and_inside(query: str, text: str) -> None:
    spans = matched_spans(query, text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    assert all(set(terms(text[start:end])) & set(query_terms(query)) for start, end in spans)


@settings(deadline=None)
@given(texts)
def test_a_question_lights_itself(text: str) -> None:
    assert bool(matched_spans(text, text)) == bool(terms(text))


@pytest.mark.parametrize(
    ("query", "text", "lit"),
    [
        (
            "How do I rotate the signing key?",
            "Rotating keys: the SIGN_KEY is rotated daily",
            ["Rotating", "keys", "SIGN", "KEY", "rotated"],
        ),
        ("簽名密鑰怎麼輪換", "签名密钥的轮换，姓名，钥匙", ["签名密钥", "轮换"]),
        ("ｋｅｙ", "Key 密钥", ["Key"]),
        ("茶的好处", "喝茶有好处，好的", ["茶", "好处"]),
        ("cafe", "the Cafe\u0301s", ["Cafe\u0301s"]),
        ("nothing", "here", []),
    ],
)
def test_lit(query: str, text: str, lit: list[str]) -> None:
    assert [text[start:end] for start, end in matched_spans(query, text)] == lit
