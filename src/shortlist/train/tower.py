"""A Hugging Face encoder in torch: texts → unit vectors and token vectors. Teachers and students are towers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

from shortlist.errors import ModelNotFound, UnknownArchitecture, need
from shortlist.models.facts import Pooling, foreign_facts
from shortlist.models.graphs.config import read_json

TOKENS_AT_ONCE = 4096
# Families whose tables of positions begin behind that of the padding.
AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "mpnet")


@dataclass(frozen=True, slots=True)
class Texts:
    """What a tower made of some texts, float32."""

    vectors: Tensor  # unit length, [texts, hidden]
    tokens: Tensor  # of `layer`, [texts, longest, hidden], zero where there is none
    mask: Tensor  # bool [texts, longest]: tokens of the text itself, special ones and the prefix left out


class Tower:
    """An encoder that transformers runs, in bfloat16.

    Args:
        directory: config.json, tokenizer.json and the weights of an encoder. Prefixes and pooling are taken from the
            part "shortlist" of config.json, or from what sentence-transformers wrote beside it.
        layer: whose token vectors are given; -1 the last, -2 the one before it.

    Raises:
        ModelNotFound: it has no such files.
        UnknownArchitecture: it is no encoder, or transformers cannot run it.
    """

    def __init__(self, directory: Path, layer: int = -1) -> None:
        config = read_json(directory / "config.json")
        self.layer = layer
        self.prefixes, self.pooling = _usage(directory, config)
        self.limit = _positions(config)
        self.tokenizer = _tokenizer(directory)
        try:
            self.model = load_trunk(directory).to(torch.bfloat16)
            first, *_, last = self.tokenizer.encode("a").ids
            self.ends = (first, last)
            with torch.inference_mode():
                self._run([[first, last]])
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError) as problem:
            raise UnknownArchitecture(
                f"{directory} (model_type {config.get('model_type')!r}) cannot be run as an encoder: {problem}. "
                "Give a directory of an encoder that transformers knows: BERT, MPNet, RoBERTa, ModernBERT ….",
                path=str(directory),
            ) from problem

    def ids(self, text: str, kind: str, longest: int) -> tuple[list[int], int]:
        """Token ids with special tokens, and how many stand before the text's own; cut at `longest`."""
        prefix = self.prefixes.get(kind, "").strip()
        before: list[int] = self.tokenizer.encode(prefix, add_special_tokens=False).ids if prefix else []
        room = min(longest, self.limit) - len(before) - 2
        own = self.tokenizer.encode(text, add_special_tokens=False).ids[:room]
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
            tokens.append(pad(each, (0, 0, 0, width - each.shape[1])))
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
        pooled = last[:, 0] if self.pooling == "cls" else (last * share).sum(1) / share.sum(1)
        return normalize(pooled, dim=-1), last if self.layer == -1 else out.hidden_states[self.layer].float()


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


def load_trunk(directory: Path) -> Any:
    """The model in a directory without its head, ready to run.

    transformers is untyped where it matters, so what it gives is too.
    """
    transformers: Any = need("transformers", extra="train")
    transformers.utils.logging.set_verbosity_error()  # weights of heads and poolers are not missed here
    transformers.utils.logging.disable_progress_bar()
    if not any(directory.glob("*.safetensors")):
        raise ModelNotFound(
            f"{directory} has no model.safetensors. Save it with model.save_pretrained(directory).", path=str(directory)
        )
    settings = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}
    try:
        model = transformers.AutoModel.from_pretrained(directory, add_pooling_layer=False, **settings)
    except TypeError:  # an architecture without a pooler
        model = transformers.AutoModel.from_pretrained(directory, **settings)
    return model.eval()


def _tokenizer(directory: Path) -> Any:
    from tokenizers import Tokenizer

    file = directory / "tokenizer.json"
    if not file.is_file():
        raise ModelNotFound(
            f"{directory} has no tokenizer.json. Save it with a fast tokenizer "
            "(AutoTokenizer.from_pretrained(name).save_pretrained(directory)).",
            path=str(directory),
        )
    tokenizer: Any = Tokenizer.from_file(str(file))
    tokenizer.encode_special_tokens = True
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _usage(directory: Path, config: dict[str, Any]) -> tuple[dict[str, str], Pooling]:
    """Prefixes by kind of text, and the pooling."""
    if "shortlist" in config:
        return dict(config["shortlist"]["prefixes"]), config["shortlist"].get("pooling", "mean")
    facts = foreign_facts(directory, name=directory.name, revision="", dimensions=0, max_tokens=_positions(config))
    return dict(facts.prefixes), facts.pooling


def _positions(config: dict[str, Any]) -> int:
    """The most tokens of a text."""
    stated = int(config.get("max_position_embeddings", 512))
    padding = config.get("pad_token_id")
    taken = (1 if padding is None else int(padding)) + 1 if config.get("model_type") in AFTER_PADDING else 0
    return stated - taken
