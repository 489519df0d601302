from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.text import fold, query_terms, term_spans, terms
from shortlist.text.terms import LONGEST

PIECES = [
    "sign_key",
    "getURL",
    "v2.1",
    "C++",
    "U.S.",
    "don't",
    "12,000",
    "签名",
    "簽",
    "ガ",
    "ภาษา",
    "한국어",
    " ",
    "，",
    "é",
    "e\u0301",
]
texts = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)
laws = settings(deadline=None, max_examples=200)


@laws
@given(texts)
def test_terms_can_be_joined_by_spaces_and_written_as_utf8(text: str) -> None:
    found = terms(text)
    assert " ".join(found).split() == found
    assert all(0 < len(term) <= LONGEST and term.encode() for term in found)


@laws
@given(texts)
def test_a_question_has_terms_when_the_text_has(text: str) -> None:
    assert set(query_terms(text)) <= set(terms(text))
    assert bool(query_terms(text)) == bool(terms(text))


@laws
@given(texts)
def test_spans_stand_beside_the_terms_in_their_order(text: str) -> None:
    found = list(term_spans(text))
    assert [term for term, _, _ in found] == terms(text)
    assert all(0 <= start < end <= len(text) for _, start, end in found)


@laws
@given(texts, texts)
def test_white_space_between_two_texts_keeps_their_terms_apart(first: str, second: str) -> None:
    assert terms(f"{first}\n{second}") == terms(first) + terms(second)


@laws
@given(st.text(alphabet="簽签發发臺台ＡａAa１1,，", max_size=12))
def test_folded_forms_meet(text: str) -> None:
    assert terms(fold(text)) == terms(text.lower())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do I rotate the signing keys?", "how do i rotat the sign key"),
        ("用Python写API", "用 python 写 api"),
        ("签名密钥", "签名 名密 密钥 签 名 密 钥"),
        ("sign_key, v2.1 and __init__", "sign_key sign key v2.1 v2 1 and init"),
        ("getURL XMLParser", "geturl get url xmlparser xml parser"),
        ("mRNA pH LLMs McDonald iPhone", "mrna ph llms mcdonald iphon"),
        ("C++, C# and g++", "c++ c# and g++"),
        ("3.14 of 12,000 or 1,234,567.89", "3.14 of 12000 or 1234567.89"),
        ("2024.05.01 and 1,2,3", "2024.05.01 2024 05 01 and 1 2 3"),
        ("U.S. law, e.g. O'Neill's", "us law eg o'neill o neill"),
        ("Don't; they’re Einstein's", "dont theyr einstein"),
        ("naïve cafés", "naiv cafe"),
        ("食べる ガ", "食 べる ガ"),
        ("한국어 ไทย", "한국 국어 ไท ทย"),
        ("हिन्दी", "हिन्दी"),
        ("... --- !? ，。", ""),
    ],
)
def test_terms_of(text: str, expected: str) -> None:
    assert terms(text) == expected.split()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital of France?", "capit franc"),
        ("to be or not to be", "to be or not to be"),
        ("我们应该怎么轮换密钥？", "们应 应该 么轮 轮换 换密 密钥 应 轮 换 密 钥"),
        ("这是什么", "这是 是什 什么 这 是 什 么"),
        ("don't panic", "panic"),
    ],
)
def test_query_terms_of(question: str, expected: str) -> None:
    assert query_terms(question) == expected.split()


def test_threads_get_the_same_terms() -> None:
    text = " ".join(f"running{i} rotated generalizations 轮换密钥{i}" for i in range(200))
    with ThreadPoolExecutor(8) as pool:
        assert all(found == terms(text) for found in pool.map(terms, [text] * 64))


@pytest.mark.parametrize("text", ["a" * 10**6, "aB" * 10**5, "a." * 10**5, "1," * 10**5, "_" * 10**6, "签" * 10**5])
def test_long_runs_take_no_longer_than_other_text(text: str) -> None:
    assert len(terms(text)) <= 2 * len(text)
