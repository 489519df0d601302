"""A graph that is ready to run, and what its callers must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.models.graphs.config import FILE as CONFIG
from shortlist.models.graphs.config import read_json
from shortlist.models.runtimes.device import CPU, Batching, Device
from shortlist.models.runtimes.open import Runs

Output: TypeAlias = Literal["token_vectors", "logits"]

INPUTS = ("input_ids", "token_type_ids", "attention_mask")
LATE = "late_vectors"


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """An ONNX model, loaded: int64 inputs of shape (texts, tokens), one named "input_ids"."""

    name: str
    directory: Path  # holds tokenizer.json
    session: Runs
    output: str  # the session's name for the output that was asked for
    max_tokens: int  # special tokens included
    dimensions: int  # width of a token vector; 0 where an ONNX file's surroundings do not say
    revision: str  # changes with any file that its numbers depend on
    batching: Batching | None = None  # how it may be given several texts at once; None: it takes one
    device: Device = CPU  # what runs it

    def run_padded(self, texts: Sequence[tuple[Sequence[int], Sequence[int]]], length: int) -> NDArray[np.float32]:
        """The output for several texts, ids and types of each, padded to `length`.

        Raises:
            ModelDamaged: the model fails on this input.
        """
        made = np.zeros((len(INPUTS), len(texts), length), np.int64)
        for i, (ids, types) in enumerate(texts):
            made[0, i, : len(ids)], made[1, i, : len(ids)], made[2, i, : len(ids)] = ids, types, 1
        named: dict[str, NDArray[np.int64]] = dict(zip(INPUTS, made, strict=True))
        output = self.session.run({name: named[name] for name in self.session.inputs}, [self.output])[0]
        return output.astype(np.float32, copy=False)

    def run(self, ids: Sequence[int], types: Sequence[int]) -> NDArray[np.float32]:
        """The output for one text.

        Args:
            ids: its tokens, special tokens included, at most `max_tokens`.
            types: the type of each; models without token types ignore them.

        Raises:
            ModelDamaged: the model fails on this input.
        """
        return self._run(ids, types, [self.output])[0]

    def run_late(self, ids: Sequence[int], types: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The output, and the token vectors meant for late interaction: the same where the model has no own ones."""
        outputs = self._run(ids, types, [self.output, *({LATE} & set(self.session.outputs))])
        return outputs[0], outputs[-1]

    def _run(self, ids: Sequence[int], types: Sequence[int], outputs: list[str]) -> list[NDArray[np.float32]]:
        tokens = np.array([ids], np.int64)
        made: dict[str, NDArray[np.int64]] = dict(
            zip(INPUTS, (tokens, np.array([types], np.int64), np.ones_like(tokens)), strict=True)
        )
        arrays = self.session.run({name: made[name] for name in self.session.inputs}, outputs)
        return [array.astype(np.float32, copy=False) for array in arrays]


def model_name(directory: Path) -> str:
    """What to call a model: its directory's name or, in the hub's cache, whose directories are commits, its own."""
    directory = directory.resolve()
    folder = directory.parent.parent.name
    if directory.parent.name == "snapshots" and folder.startswith("models--"):
        return folder.removeprefix("models--").replace("--", "/", 1)
    return directory.name


def token_limit(directory: Path, positions: int) -> int:
    """The most tokens of one text: what the position table holds, or less where the tokenizer's settings say so."""
    settings = directory / "tokenizer_config.json"
    longest = read_json(settings).get("model_max_length") if settings.is_file() else None
    return min(positions, int(longest)) if isinstance(longest, int | float) and longest > 0 else positions


def revision(directory: Path, weights: Sequence[Path]) -> str:
    """Twelve hexadecimal digits of the SHA-256 of all files that a model's numbers depend on."""
    around = [directory / name for name in (CONFIG, "tokenizer.json", "tokenizer_config.json")]
    digest = sha256()
    for file in (*around, *weights):
        if file.is_file():
            with file.open("rb") as opened:
                digest.update(file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]
