"""How near the built model is to the unpruned one in float32, on the texts that nothing was calibrated on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from training.default_encoder.source import Source
from training.default_encoder.texts import Text, texts, token_ids
from training.default_encoder.tokenizer import build_tokenizer

from shortlist.models.runtimes.session import Session
from shortlist.train.export.graph import build_graph
from shortlist.train.export.parity import ENOUGH
from shortlist.train.export.weights import EncoderWeights


def check_parity(source: Source, weights: EncoderWeights, built: Path) -> None:
    """Print cosines of the text vectors, a line a language.

    Args:
        source: of the tokenizer.
        weights: what was built, of the whole vocabulary.
        built: the model directory.

    Raises:
        SystemExit: a text has a cosine below `ENOUGH`.
    """
    everything = np.arange(len(source.pieces), dtype=np.int64)
    reference = Session(build_graph(weights, name="reference", exact=True).SerializeToString())
    vocabulary = build_tokenizer(source, everything)
    session, tokenizer = Session(built / "model.onnx"), Tokenizer.from_file(str(built / "tokenizer.json"))
    checked = texts("check")
    cosines = np.array([_vector(reference, vocabulary, t) @ _vector(session, tokenizer, t) for t in checked])
    for language in ("en", "zh"):
        part = cosines[[text.language == language for text in checked]]
        print(f"{language}: {len(part)} texts, cosine to float32 mean {part.mean():.5f}, least {part.min():.5f}")
    if cosines.min() < ENOUGH:
        raise SystemExit(f"the least cosine is below {ENOUGH}: this build is not the model it should be")


def _vector(session: Session, tokenizer: Tokenizer, text: Text) -> NDArray[np.float32]:
    pooled = session.run({"input_ids": token_ids(tokenizer, text)})[0][0].mean(axis=0)
    return pooled / np.linalg.norm(pooled)
