"""The committed texts of both languages: half to calibrate with, half to check the result on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

FILE = Path(__file__).parent / "texts.jsonl"
LONGEST = 510  # tokens, special ones left out


@dataclass(frozen=True)
class Text:
    """One text, with its prefix."""

    language: str
    text: str


def texts(use: Literal["calibrate", "check"]) -> list[Text]:
    """The texts for one of the two uses."""
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [Text(line["language"], f"{line['kind']}: {line['text']}") for line in lines if line["use"] == use]


def token_ids(tokenizer: Tokenizer, text: Text) -> NDArray[np.int64]:
    """The model's input, int64 [1, length], cut at what it can read."""
    ids = tokenizer.encode(text.text).ids
    return np.array([[*ids[: LONGEST + 1], ids[-1]] if len(ids) > LONGEST + 2 else ids], np.int64)
