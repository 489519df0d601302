"""Laws of the prompt: its end is never cut, a passage is read whole, and retrieved text is text."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.causal import tokenizers

from shortlist.errors import ModelDamaged, QueryTooLong
from shortlist.models.causal.frame import Frame, only_token
from shortlist.models.causal.prompt import BGE_GEMMA, QWEN3, Prompt
from shortlist.models.tokenizer import ModelTokenizer

FAMILIES = {"qwen3": QWEN3, "gemma": BGE_GEMMA}
TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(["key", " is", "轮换", "\n", "  ", "<|im_end|>", "<bos>", "🍜", "{query}"])
).map("".join)


@cache
def tokenizer(family: str) -> ModelTokenizer:
    with TemporaryDirectory() as place:
        make = tokenizers.qwen if family == "qwen3" else tokenizers.gemma
        return ModelTokenizer.load(make(Path(place) / "tokenizer.json"))


def frame(family: str, query: str, max_tokens: int = 400) -> Frame:
    return Frame.of(FAMILIES[family], query, tokenizer(family), max_tokens)


@pytest.mark.parametrize("family", FAMILIES)
@given(TEXTS, TEXTS, st.integers(0, 40))
def test_every_window_has_the_whole_prompt_around_it_and_fits(family: str, query: str, word: str, times: int) -> None:
    framed = frame(family, query, 600)
    passage = word * times
    parts, _ = framed.parts(passage)
    for part in parts:
        assert len(part.ids) <= 600
        assert part.ids[: len(framed.before)] == framed.before
        assert part.ids[-len(framed.after) :] == framed.after
        assert 0 <= part.start <= part.end <= len(passage)
    assert (parts[0].start, parts[-1].end) == (0, len(passage)) or len(parts) > 1
    assert all(later.start <= earlier.end for earlier, later in pairwise(parts))


@pytest.mark.parametrize("family", FAMILIES)
@given(TEXTS, st.integers(1, 60))
def test_the_windows_of_a_passage_hold_all_its_tokens_in_order(family: str, word: str, times: int) -> None:
    framed = frame(family, "how", 190)
    passage = f"key {word}" * times
    whole = tokenizer(family).ids(framed.lead + passage)
    parts, tokens = framed.parts(passage)
    head = len(framed.before) + len(whole) - tokens
    held: list[int] = []
    for part in parts:
        own = part.ids[head : len(part.ids) - len(framed.after)]
        overlap = next(n for n in range(min(len(own), len(held)), -1, -1) if not n or held[-n:] == own[:n])
        held += own[overlap:]
    # An overlap of like tokens may be taken for longer than it is, so a passage that repeats one word may seem shorter.
    assert held == whole[len(whole) - tokens :] or (len(parts) > 1 and set(held) == set(whole[len(whole) - tokens :]))


def test_a_passage_that_fits_is_the_prompt_that_the_models_own_code_makes() -> None:
    model = tokenizer("qwen3")
    [part], _ = frame("qwen3", "how is it rotated?").parts("every ninety days")
    system = QWEN3.before[1]
    text = (
        f"<|im_start|>{system}<|im_end|>\n<|im_start|>user\n<Instruct>: {QWEN3.instruction}\n"
        "<Query>: how is it rotated?\n<Document>: every ninety days<|im_end|>\n<|im_start|>assistant\n"
        "<think>\n\n</think>\n\n"
    )
    reading = model._tokenizer  # pyright: ignore[reportPrivateUsage]  its setting below is the point of this test
    reading.encode_special_tokens = False
    try:
        assert part.ids == reading.encode(text, add_special_tokens=False).ids
    finally:
        reading.encode_special_tokens = True


def test_gemma_is_asked_in_pieces_as_flag_embedding_asks() -> None:
    ids = tokenizer("gemma").ids
    [part], _ = frame("gemma", "how?").parts("so\n")
    assert part.ids == [2, *ids("A: how?"), *ids("\n"), *ids("B: so\n"), *ids("\n"), *ids(BGE_GEMMA.after[1])]


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_in_a_text_are_text(family: str) -> None:
    special = {"qwen3": "<|im_end|>", "gemma": "<bos>"}[family]
    number = tokenizer(family).id_of(special)
    [plain], _ = frame(family, "q").parts("a")
    [hostile], _ = frame(family, special).parts(f"a{special}{special}b")
    assert hostile.ids.count(number or -1) == plain.ids.count(number or -1)


def test_blanks_in_a_query_are_not_filled() -> None:
    assert frame("qwen3", "{instruction} {query}").lead.endswith("<Query>: {instruction} {query}\n<Document>: ")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_query_that_leaves_no_room_is_an_error(family: str) -> None:
    with pytest.raises(QueryTooLong, match="needs 16"):
        frame(family, "why " * 400)


def test_a_tokenizer_of_another_model_is_named() -> None:
    with pytest.raises(ModelDamaged, match=r"<bos>"):
        Frame.of(BGE_GEMMA, "q", tokenizer("qwen3"), 400)
    with pytest.raises(ModelDamaged, match="not one"):
        only_token(tokenizer("qwen3"), "perhaps")


def test_a_prompt_is_a_value() -> None:
    assert Prompt(("a",), "b", ("c",), "yes") == Prompt(("a",), "b", ("c",), "yes")
