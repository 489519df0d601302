"""A model's tokenizer: text → token ids and where each token stands, the same whichever thread asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from shortlist.errors import ModelDamaged, ModelNotFound

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Slot: TypeAlias = int | Literal["first", "second"]

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
FILE = "tokenizer.json"


class ModelTokenizer:
    """The `tokenizer.json` of a model.

    Nothing of the tokenizer is changed after loading (no padding, no truncation is ever set), so any number of
    threads may share it. Special tokens that stand in a text are text.
    """

    def __init__(self, tokenizer: Tokenizer, source: str = "") -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # not kept in the file; without it "</s>" in a text ends the text
        self._tokenizer = tokenizer
        self.source = source
        self._single = self._template(pair=False)
        self._pair = self._template(pair=True)

    @classmethod
    def load(cls, path: Path | str) -> ModelTokenizer:
        """Read a tokenizer.

        Args:
            path: a `tokenizer.json`, or the model directory that holds one.

        Raises:
            ModelNotFound: there is no such file.
            ModelDamaged: it does not parse.
        """
        from tokenizers import Tokenizer

        path = Path(path)
        file = path / FILE if path.is_dir() else path
        if not file.is_file():
            raise ModelNotFound(
                f"The model at {path} has no {FILE}. Save it with a fast tokenizer "
                "(AutoTokenizer.from_pretrained(name).save_pretrained(directory)).",
                path=str(path),
            )
        try:
            return cls(Tokenizer.from_str(file.read_text(encoding="utf-8")), str(file))
        except Exception as problem:  # the library raises bare Exception
            raise ModelDamaged(
                f"The tokenizer {file} cannot be read: {problem}. Fetch the model again.", path=str(file)
            ) from problem

    def ids(self, text: str) -> list[int]:
        """Token ids of `text`, special tokens left out."""
        return self._encode(text).ids

    def count(self, text: str) -> int:
        """Number of tokens of `text`, special tokens left out."""
        return len(self._encode(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token of `ids(text)` stands: code points of `text`, from and to (excluded).

        A word mark that the tokenizer adds shares the span of the first character, and tokens that spell one character
        (an emoji cut into bytes, a ligature) share its span. A character that normalisation drops has no token.
        """
        return self._encode(text).offsets

    def ids_and_spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """`ids(text)` and `spans(text)` for the price of one."""
        encoding = self._encode(text)
        return encoding.ids, encoding.offsets

    def unknown_share(self, text: str) -> float:
        """The share of the text's characters that the vocabulary cannot spell, in [0, 1]; 0 for a text without tokens.

        Characters, not tokens: a tokenizer may fuse a whole run of them into one unknown token.
        """
        encoding = self._encode(text)
        if self.unknown_id not in encoding.ids:
            return 0.0
        widths = [(end - start, token) for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)]
        unknown = sum(width for width, token in widths if token == self.unknown_id)
        return unknown / sum(width for width, _ in widths)

    def single(self, ids: Sequence[int]) -> list[int]:
        """One text as the model reads it: `ids` with the special tokens around it."""
        return _filled(self._single, ids, ())

    def pair(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """Two texts as a cross-encoder reads them, special tokens around and between."""
        return _filled(self._pair, first, second)

    def pair_types(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """Token type of each token of `pair(first, second)`: 0 or 1, as the tokenizer's own template has it."""
        return [kind for slot, kind in self._pair for _ in range(_width(slot, first, second))]

    @property
    def single_specials(self) -> int:
        """How many tokens `single` adds."""
        return sum(isinstance(slot, int) for slot, _ in self._single)

    @property
    def before_single(self) -> int:
        """How many of them stand before the text."""
        return [slot for slot, _ in self._single].index("first")

    @property
    def pair_specials(self) -> int:
        """How many tokens `pair` adds."""
        return sum(isinstance(slot, int) for slot, _ in self._pair)

    @cached_property
    def unknown_id(self) -> int | None:
        """The id that stands for "unknown"; None for a tokenizer that can spell everything."""
        model = self._tokenizer.model
        # Unigram knows its unknown token by id, WordPiece and BPE by name.
        by_name: str | None = getattr(model, "unk_token", None)
        if by_name is not None:
            return self._tokenizer.token_to_id(by_name)
        return next((i for name in ("<unk>", "[UNK]") if (i := self._tokenizer.token_to_id(name)) is not None), None)

    @property
    def vocabulary(self) -> int:
        """Number of different tokens, special ones included."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    def token(self, token_id: int) -> str:
        """How the vocabulary spells a token; the empty string for an id that it does not hold."""
        return self._tokenizer.id_to_token(token_id) or ""

    def id_of(self, token: str) -> int | None:
        """The id of a token by its spelling, special ones included; None where the vocabulary does not hold it."""
        return self._tokenizer.token_to_id(token)

    def _encode(self, text: str) -> Encoding:
        # One code point for one code point, so that spans still fit the caller's text.
        return self._tokenizer.encode(LONE_SURROGATE.sub("?", text), add_special_tokens=False)

    def _template(self, *, pair: bool) -> list[tuple[Slot, int]]:
        """Special ids and the places of the texts, each with its token type, as the post-processor lays them out."""
        encoding = self._tokenizer.encode("a", "a") if pair else self._tokenizer.encode("a")
        slots: list[tuple[Slot, int]] = []
        for token, sequence, kind in zip(encoding.ids, encoding.sequence_ids, encoding.type_ids, strict=True):
            slot: Slot = token if sequence is None else ("first", "second")[sequence]
            if isinstance(slot, int) or (slot, kind) not in slots:
                slots.append((slot, kind))
        return slots


def _filled(template: Sequence[tuple[Slot, int]], first: Sequence[int], second: Sequence[int]) -> list[int]:
    ids: list[int] = []
    for slot, _ in template:
        if isinstance(slot, int):
            ids.append(slot)
        else:
            ids.extend(first if slot == "first" else second)
    return ids


def _width(slot: Slot, first: Sequence[int], second: Sequence[int]) -> int:
    return 1 if isinstance(slot, int) else len(first if slot == "first" else second)
