"""`tokenizer.json` for the pieces of the source file, by the rules of XLM-R.

The character map of the source file is only a table of single characters. XLM-R's own is compiled into its
SentencePiece model under the name `nmt_nfkc`; the `sentencepiece` library writes today's version of it into any
model that it trains, so a toy model is trained to get it. 174 of 1,112,063 code points differ from XLM-R's, all
rare but one: the zero-width joiner of emoji, which XLM-R made a space.
"""

from __future__ import annotations

import importlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from training.default_encoder.source import Source

MARK = "▁"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# The source scores special pieces 0, better than any word, so that "</s>" in a text would become the token.
NEVER = -200.0


def build_tokenizer(source: Source, keep: NDArray[np.int64]) -> Tokenizer:
    """The tokenizer over the kept pieces, in this order."""
    kept: list[int] = keep.tolist()
    names = [source.pieces[token] for token in kept]
    scores = [
        NEVER if name in SPECIAL else float(source.scores[token]) for name, token in zip(names, kept, strict=True)
    ]
    ids = {name: i for i, name in enumerate(names)}
    tokenizer: Any = Tokenizer(models.Unigram(list(zip(names, scores, strict=True)), ids["<unk>"], False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\u200d", " "),
            normalizers.Precompiled(nmt_nfkc()),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])],
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL[:4]])
    return tokenizer


def nmt_nfkc() -> bytes:
    """The compiled character map, as the installed sentencepiece has it."""
    trainer: Any = importlib.import_module("sentencepiece")
    protocol: Any = importlib.import_module("sentencepiece.sentencepiece_model_pb2")
    written = io.BytesIO()
    trainer.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 20),
        model_writer=written,
        vocab_size=12,
        model_type="unigram",
        normalization_rule_name="nmt_nfkc",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = protocol.ModelProto()
    model.ParseFromString(written.getvalue())
    return model.normalizer_spec.precompiled_charsmap
