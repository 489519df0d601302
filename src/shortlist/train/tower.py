"""A Hugging Face encoder in torch: texts → unit vectors and token vectors. Teachers and students are towers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import normalize

TOKENS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Texts:
    """What a tower made of some texts, float32."""

    vectors: Tensor  # unit length, [texts, hidden]
    tokens: Tensor  # of `layer`, [texts, longest, hidden], zero where there is none
    mask: Tensor  # bool [texts, longest]: tokens of the text itself, special ones and the prefix left out


class Tower:
    """An encoder with mean pooling.

    Args:
        directory: config.json, tokenizer.json and model.safetensors of an encoder. Prefixes are taken from the part
            "shortlist" of config.json.
        layer: whose token vectors are given; -1 the last, -2 the one before it.
    """

    def __init__(self, directory: Path, layer: int = -1) -> None:
        from transformers import AutoModel

        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self.layer = layer
        self.prefixes: dict[str, str] = config.get("shortlist", {}).get("prefixes", {})
        self.tokenizer: Any = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.encode_special_tokens = True
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        model: Any = AutoModel.from_pretrained(directory, add_pooling_layer=False)
        self.model = model.eval().to(torch.bfloat16)
        first, *_, last = self.tokenizer.encode("a").ids
        self.ends = (first, last)

    def ids(self, text: str, kind: str, longest: int) -> tuple[list[int], int]:
        """Token ids with special tokens, and how many stand before the text's own; cut at `longest`."""
        prefix = self.prefixes.get(kind, "").strip()
        before = self.tokenizer.encode(prefix, add_special_tokens=False).ids if prefix else []
        own = self.tokenizer.encode(text, add_special_tokens=False).ids[: longest - len(before) - 2]
        return [self.ends[0], *before, *own, self.ends[1]], len(before) + 1

    def encode(self, texts: Sequence[str], kind: str, longest: int) -> Texts:
        """Vectors of all the texts, in the order given; similar lengths are run together."""
        rows = [self.ids(text, kind, longest) for text in texts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
        width = max(len(ids) for ids, _ in rows)
        vectors: list[Tensor] = []
        tokens: list[Tensor] = []
        start = 0
        while start < len(order):
            count = 1
            while start + count < len(order) and len(rows[order[start + count]][0]) * (count + 1) <= TOKENS_AT_ONCE:
                count += 1
            pooled, each = self._run([rows[i][0] for i in order[start : start + count]])
            vectors.append(pooled)
            tokens.append(torch.nn.functional.pad(each, (0, 0, 0, width - each.shape[1])))
            start += count
        back = torch.tensor(sorted(range(len(order)), key=order.__getitem__))
        places = torch.arange(width)
        mask = torch.stack([(places >= before) & (places < len(ids) - 1) for ids, before in rows])
        return Texts(torch.cat(vectors)[back], torch.cat(tokens)[back], mask)

    def _run(self, rows: list[list[int]]) -> tuple[Tensor, Tensor]:
        width = max(map(len, rows))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
        out = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=self.layer != -1)
        last = out.last_hidden_state.float()
        share = mask.unsqueeze(-1).float()
        pooled = normalize((last * share).sum(1) / share.sum(1), dim=-1)
        return pooled, last if self.layer == -1 else out.hidden_states[self.layer].float()


def maxsim(queries: Texts, passages: Texts) -> Tensor:
    """Mean over the query's tokens of the cosine of the most similar token, [queries, passages].

    Khattab and Zaharia, SIGIR 2020 (ColBERT), as a mean. The token vectors must have unit length.
    """
    asked = queries.tokens[queries.mask]
    products = torch.einsum("td,pld->tpl", asked, passages.tokens)
    best = products.masked_fill(~passages.mask, -1.0).amax(dim=2)
    counts = queries.mask.sum(1).clamp(min=1)
    owner = torch.repeat_interleave(torch.arange(len(counts)), queries.mask.sum(1))
    sums = torch.zeros(len(counts), best.shape[1]).index_add(0, owner, best)
    return sums / counts.unsqueeze(1)


def unit(texts: Texts) -> Texts:
    """The same with token vectors of unit length."""
    return Texts(texts.vectors, normalize(texts.tokens, dim=-1), texts.mask)
