"""Laws of the score, with a language model at the port that counts one token."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.models.causal import tokenizers

from shortlist.errors import MissingExtra, ModelError, ModelNotFound, UnknownArchitecture, UsageError
from shortlist.models.causal import CausalReranker, Prompt, is_causal, load_causal_reranker
from shortlist.models.causal.prompt import QWEN3
from shortlist.models.causal.torch_model import batches
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.rerank import Rerank

NO = 0.25


class Counts:
    """Says yes as loudly as the text has marks, and always the same no."""

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.seen: list[list[int]] = []

    def next_logits(self, texts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.float32]:
        self.seen += [list(text) for text in texts]
        return np.array([[list(text).count(self.mark), NO][: len(tokens)] for text in texts], np.float32)


class Fails:
    def next_logits(self, texts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.float32]:
        return np.full((len(texts), len(tokens)), np.nan, np.float32)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ModelTokenizer:
    return ModelTokenizer.load(tokenizers.qwen(tmp_path_factory.mktemp("qwen") / "tokenizer.json"))


def reranker(tokenizer: ModelTokenizer, prompt: Prompt = QWEN3) -> CausalReranker:
    return CausalReranker("counts@1", Counts(tokenizer.ids("§")[0]), tokenizer, prompt, 300)


def test_the_score_is_yes_less_no_or_yes_alone(tokenizer: ModelTokenizer) -> None:
    assert reranker(tokenizer).score("q", ["a", "§§"]).tolist() == [-NO, 2 - NO]
    assert reranker(tokenizer, replace(QWEN3, no="")).score("q", ["a", "§§"]).tolist() == [0, 2]


@given(st.lists(st.text("§ab 密", max_size=12), max_size=12), st.randoms())
def test_a_pairs_score_does_not_depend_on_its_neighbours(
    tokenizer: ModelTokenizer, passages: list[str], random: Random
) -> None:
    model = reranker(tokenizer)
    alone = [model.score("q", [passage]).tolist() for passage in passages]
    order = list(range(len(passages)))
    random.shuffle(order)
    together = model.score("q", [passages[i] for i in order]).tolist()
    assert [[score] for score in together] == [alone[i] for i in order]


def test_a_long_passage_is_read_in_windows_and_the_best_counts(tokenizer: ModelTokenizer) -> None:
    passage = "the key is rotated " * 150 + "§§§" + " every ninety days" * 150
    model = reranker(tokenizer)
    ranking = Rerank(model)("q", ["§", passage])
    assert [c.chunk.text for c in ranking] == [passage, "§"]
    assert (ranking.scale, ranking.model, ranking.status) == ("logit", "counts@1", "full")
    best, short = ranking[0].window, ranking[1].window
    assert best is not None
    assert short is not None
    assert best.windows > 1
    assert best.read == best.tokens
    assert "§§§" in passage[best.start : best.end]
    assert (short.windows, short.start, short.end) == (1, 0, 1)
    assert ranking[0].scores["rerank"] == 3 - NO


def test_equal_passages_are_computed_once(tokenizer: ModelTokenizer) -> None:
    model = Counts(0)
    CausalReranker("counts@1", model, tokenizer, QWEN3, 300).score("q", ["a", "b", "a"])
    assert len(model.seen) == 2


def test_what_is_no_number_is_refused(tokenizer: ModelTokenizer) -> None:
    with pytest.raises(ModelError, match="finite"):
        CausalReranker("broken@1", Fails(), tokenizer, QWEN3, 300).score("q", ["a"])


def test_no_passages_and_one_text(tokenizer: ModelTokenizer) -> None:
    assert reranker(tokenizer).score("q", []).tolist() == []
    with pytest.raises(UsageError, match="list"):
        reranker(tokenizer).score("q", "a")
    with pytest.raises(TypeError, match="made by hand"):
        pickle.dumps(reranker(tokenizer))


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(0, 200))
def test_batches_hold_each_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = list(batches(lengths, budget))
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget


def write(directory: Path, **config: Any) -> Path:
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return directory


def test_a_model_of_an_unknown_family_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        load_causal_reranker(tmp_path / "nowhere")
    llama = write(tmp_path, model_type="llama", architectures=["LlamaForCausalLM"])
    assert is_causal(llama)
    with pytest.raises(UnknownArchitecture, match="qwen3, gemma"):
        load_causal_reranker(llama)


@pytest.mark.parametrize(("architecture", "pools"), [("Qwen3Model", False), ("Qwen3ForCausalLM", True)])
def test_an_encoder_is_not_asked_for_yes_or_no(architecture: str, pools: bool, tmp_path: Path) -> None:
    """Qwen3-Embedding states the architecture of Qwen3-Reranker."""
    encoder = write(tmp_path, model_type="qwen3", architectures=[architecture])
    if pools:
        (tmp_path / "1_Pooling").mkdir()
    assert not is_causal(encoder)
    with pytest.raises(UnknownArchitecture, match="or an encoder"):
        load_causal_reranker(encoder)


def test_without_torch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    tokenizers.qwen(tmp_path / "tokenizer.json")
    write(tmp_path, model_type="qwen3", architectures=["Qwen3ForCausalLM"])
    with pytest.raises(MissingExtra, match=r"shortlist\[torch\]"):
        load_causal_reranker(tmp_path)
