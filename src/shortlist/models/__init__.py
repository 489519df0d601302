"""Encoders and cross-encoders: load, run, describe."""

from shortlist.models.cross_encoder import CrossEncoderModel, PairReading, load_cross_encoder
from shortlist.models.encoder import Encoder, Reading, load_encoder
from shortlist.models.late import LateInteraction
from shortlist.models.registry import ModelInfo, describe, load_reranker, load_tokenizer
from shortlist.models.tokenizer import ModelTokenizer

__all__ = [
    "CrossEncoderModel",
    "Encoder",
    "LateInteraction",
    "ModelInfo",
    "ModelTokenizer",
    "PairReading",
    "Reading",
    "describe",
    "load_cross_encoder",
    "load_encoder",
    "load_reranker",
    "load_tokenizer",
]
