"""Encoders and cross-encoders: load, run, describe."""

from shortlist.models.causal import CausalReranker, load_causal_reranker
from shortlist.models.cross_encoder import CrossEncoderModel, PairReading, load_cross_encoder
from shortlist.models.describe import ModelInfo, describe
from shortlist.models.encoder import Encoder, Reading, load_encoder
from shortlist.models.late import LateInteraction
from shortlist.models.listwise import ListwiseReranker
from shortlist.models.registry import load_reranker, load_tokenizer
from shortlist.models.remote import OpenAIChat, Patience, RemoteReranker
from shortlist.models.tokenizer import ModelTokenizer

__all__ = [
    "CausalReranker",
    "CrossEncoderModel",
    "Encoder",
    "LateInteraction",
    "ListwiseReranker",
    "ModelInfo",
    "ModelTokenizer",
    "OpenAIChat",
    "PairReading",
    "Patience",
    "Reading",
    "RemoteReranker",
    "describe",
    "load_causal_reranker",
    "load_cross_encoder",
    "load_encoder",
    "load_reranker",
    "load_tokenizer",
]
