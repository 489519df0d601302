"""What is said to fit is what is read whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shortlist.models import CrossEncoderModel, LateInteraction, load_encoder
from shortlist.records import Chunk
from shortlist.rerank.fit import QUESTION, fit


@settings(max_examples=30)
@given(st.lists(st.text("the key is old. 轮换密钥 ", max_size=300), max_size=8))
def test_a_chunk_that_fits_is_one_window_beside_a_usual_question(model: CrossEncoderModel, texts: list[str]) -> None:
    question = " ".join(["the"] * QUESTION)
    assert model.tokenizer.count(question) == QUESTION
    chunks = [Chunk(str(i), "d", 0, len(text), text, title="the key " * 12) for i, text in enumerate(texts)]
    found = fit(model, chunks)
    assert found is not None
    assert found.longer == sum(reading.windows > 1 for reading in model.read(question, [c.full_text for c in chunks]))
    assert (found.room, found.question, found.looked_at) == (model.room(question), QUESTION, len(texts))


def test_late_interaction_reads_a_chunk_without_the_question() -> None:
    encoder = load_encoder()
    texts = ["the key " * n for n in (10, 100, 240, 252, 255, 300)]
    found = fit(LateInteraction(encoder), [Chunk(t, "d", 0, len(t), t) for t in texts])
    assert found is not None
    assert found.question == 0
    assert found.longer == sum(reading.windows > 1 for reading in encoder.read(texts, "passage"))


def test_of_an_unknown_model_nothing_is_said() -> None:
    class Anything:
        def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
            return np.zeros(len(passages), np.float32)

    assert fit(Anything(), []) is None
