"""Small tokenizers of the two kinds that causal rerankers come with, made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = [
    "The signing key is rotated every ninety days, and at once when a card is lost. yes no Yes No",
    "签名密钥每九十天轮换一次。如何轮换密钥？",
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided.",
    "<Instruct>: Given a web search query, retrieve relevant passages\n<Query>: how\n<Document>: it is",
] * 3


def qwen(file: Path) -> Path:
    """Byte-level BPE, with chat tokens, some of them not special: as Qwen3's."""
    tokenizer: Any = Tokenizer(models.BPE())  # its types are partial
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in ("<think>", "</think>")])
    tokenizer.add_tokens(["yes", "no", "§"])
    tokenizer.save(str(file))
    return file


def gemma(file: Path) -> Path:
    """SentencePiece's BPE with bytes to fall back on: as Gemma's."""
    tokenizer: Any = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{i:02X}>" for i in range(256))],
        show_progress=False,
    )
    tokenizer.train_from_iterator([text.replace(" ", "▁") for text in TEXT], trainer)
    tokenizer.add_tokens(["Yes", "No"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", 2)]
    )
    tokenizer.save(str(file))
    return file
