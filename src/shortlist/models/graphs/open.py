"""A model directory or ONNX file → a graph that is ready to run and what its callers must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelNotFound, UnknownArchitecture
from shortlist.models.graphs.architecture import transformer
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.graphs.architectures.roberta import ROBERTA
from shortlist.models.graphs.batched import BatchedNodes, in_batches
from shortlist.models.graphs.config import FILE as CONFIG
from shortlist.models.graphs.config import read_config, read_json
from shortlist.models.graphs.head import score
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.weights import Weights
from shortlist.models.precision import Mode
from shortlist.models.runtimes import Runs, open_session

Output: TypeAlias = Literal["token_vectors", "logits"]

EXPORTED = ("model.onnx", "onnx/model.onnx")  # as exporters name the file, below the model directory
INPUTS = ("input_ids", "token_type_ids", "attention_mask")
LATE = "late_vectors"
# How exporters name the outputs that stand for ours.
EXPORTED_OUTPUTS: dict[Output, tuple[str, ...]] = {
    "token_vectors": ("token_vectors", "last_hidden_state", "token_embeddings"),
    "logits": ("logits",),
}


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
    batches: bool = False  # whether it may be given several texts at once, padded to one length

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


def open_graph(path: Path, output: Output, mode: Mode = "exact") -> Graph:
    """Find, check, translate and load a model.

    Args:
        path: a directory (`config.json`, `tokenizer.json`, `model.safetensors` or an ONNX file), or an ONNX file
            in such a directory or one level below.
        output: "token_vectors", float32 of shape (1, tokens, dimensions), of any such model; or "logits" of a
            cross-encoder, float32 of any shape: one number a pair. A head of two labels is built as one that gives
            logit 1 - logit 0. An ONNX file gives what it gives.
        mode: how exactly it computes.

    Raises:
        ModelNotFound: there is no such model, or no weights in a form that may be read.
        ModelDamaged: a file is missing, cut or of the wrong shape.
        UnknownArchitecture: nothing here runs it, or it has no such output.
    """
    if path.is_file() and path.suffix == ".onnx":
        return _exported(path, output, mode)
    if not path.is_dir():
        raise ModelNotFound(f"There is no model at {path}. Give a model directory or an ONNX file.", path=str(path))
    file = next((path / place for place in EXPORTED if (path / place).is_file()), None)
    known = not (path / CONFIG).is_file() or read_json(path / CONFIG).get("model_type") in ARCHITECTURES
    if file is not None and not (known and any(path.glob("*.safetensors"))):
        return _exported(file, output, mode)
    return _built(path, output, mode)


def _built(directory: Path, output: Output, mode: Mode) -> Graph:
    """The weights of a directory, in the steps of its architecture."""
    config = read_config(directory)
    if config.model_type not in ARCHITECTURES:
        raise UnknownArchitecture(
            f'{directory} is of type "{config.model_type}"; known here are {", ".join(sorted(ARCHITECTURES))}. '
            "Export the model to ONNX and give that file.",
            model_type=config.model_type,
        )
    if output == "logits" and not config.scores:
        raise UnknownArchitecture(
            f"{directory} is an encoder: it has no head that scores pairs. Give a cross-encoder "
            "(…ForSequenceClassification), or use this one as an encoder: load_encoder(path).",
            path=str(directory),
        )
    architecture = ARCHITECTURES[config.model_type]
    batched = in_batches(architecture) if mode == "bf16" and output == "logits" else None
    architecture = batched or architecture
    nodes = (BatchedNodes if batched else Nodes)(Weights(directory, architecture.prefix))
    first_only = output == "logits" and architecture.head_reads_first(config)
    rows = transformer(nodes, architecture, config, first_only=first_only)
    if output == "logits":
        rows = score(nodes, architecture, config, rows)
    name = model_name(directory)
    return Graph(
        name=name,
        directory=directory,
        session=open_session(nodes.model(rows, output), mode, name=name, weights=nodes.outside),
        output=output,
        max_tokens=_limit(directory, config.positions - architecture.first_position(config)),
        dimensions=config.hidden,
        revision=_revision(directory, sorted(directory.glob("*.safetensors"))),
        batches=batched is not None,
    )


def _exported(file: Path, output: Output, mode: Mode) -> Graph:
    """Somebody else's ONNX file."""
    session = open_session(file, mode)
    wanted = EXPORTED_OUTPUTS[output]
    found = next((name for name in wanted if name in session.outputs), None)
    if "input_ids" not in session.inputs or not set(session.inputs) <= set(INPUTS) or found is None:
        raise UnknownArchitecture(
            f"{file} takes {', '.join(session.inputs)} and gives {', '.join(session.outputs)}; expected were "
            f"the inputs {', '.join(INPUTS)} (the first at least) and the output {' or '.join(wanted)}.",
            path=str(file),
        )
    directory = next((near for near in (file.parent, file.parent.parent) if (near / "tokenizer.json").is_file()), None)
    if directory is None:
        raise ModelNotFound(
            f"There is no tokenizer.json beside {file} or one level above. Put the model's own there.", path=str(file)
        )
    stated = read_json(directory / CONFIG) if (directory / CONFIG).is_file() else {}
    pad = stated.get("pad_token_id")
    offset = (1 if pad is None else int(pad)) + 1 if stated.get("model_type") in ROBERTA.model_types else 0
    return Graph(
        name=model_name(directory),
        directory=directory,
        session=session,
        output=found,
        max_tokens=_limit(directory, int(stated.get("max_position_embeddings", 512)) - offset),
        dimensions=int(stated.get("hidden_size", stated.get("dim", 0))),
        # A large model keeps its weights beside it, in files whose names begin with its own.
        revision=_revision(directory, sorted(file.parent.glob(f"{file.stem}.onnx*"))),
    )


def model_name(directory: Path) -> str:
    """What to call a model: its directory's name or, in the hub's cache, whose directories are commits, its own."""
    directory = directory.resolve()
    folder = directory.parent.parent.name
    if directory.parent.name == "snapshots" and folder.startswith("models--"):
        return folder.removeprefix("models--").replace("--", "/", 1)
    return directory.name


def _limit(directory: Path, positions: int) -> int:
    """The most tokens of one text: what the position table holds, or less where the tokenizer's settings say so."""
    settings = directory / "tokenizer_config.json"
    longest = read_json(settings).get("model_max_length") if settings.is_file() else None
    return min(positions, int(longest)) if isinstance(longest, int | float) and longest > 0 else positions


def _revision(directory: Path, weights: Sequence[Path]) -> str:
    """Twelve hexadecimal digits of the SHA-256 of all files that a model's numbers depend on."""
    around = [directory / name for name in (CONFIG, "tokenizer.json", "tokenizer_config.json")]
    digest = sha256()
    for file in (*around, *weights):
        if file.is_file():
            with file.open("rb") as opened:
                digest.update(file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]
