"""A model directory or ONNX file → a graph that is ready to run."""

from __future__ import annotations

from pathlib import Path

from shortlist.errors import ModelNotFound, UnknownArchitecture
from shortlist.models.graphs.architecture import transformer
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.graphs.batched import BatchedNodes, in_batches
from shortlist.models.graphs.config import FILE as CONFIG
from shortlist.models.graphs.config import read_config, read_json
from shortlist.models.graphs.exported import exported_file, open_exported
from shortlist.models.graphs.graph import Graph, Output, model_name, revision, token_limit
from shortlist.models.graphs.head import score
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.weights import Weights
from shortlist.models.runtimes.device import CPU, Batching, Device
from shortlist.models.runtimes.open import open_session
from shortlist.models.runtimes.precision import Mode

BF16 = Batching(tokens=1024, step=16)  # larger ones were no faster; a tile of AMX has 16 rows


def open_graph(path: Path, output: Output, mode: Mode = "exact", device: Device = CPU) -> Graph:
    """Find, check, translate and load a model.

    Args:
        path: a directory (`config.json`, `tokenizer.json`, `model.safetensors` or an ONNX file), or an ONNX file
            in such a directory or one level below.
        output: "token_vectors", float32 of shape (1, tokens, dimensions), of any such model; or "logits" of a
            cross-encoder, float32 of any shape: one number a pair. A head of two labels is built as one that gives
            logit 1 - logit 0. An ONNX file gives what it gives.
        mode: how exactly it computes.
        device: what runs it.

    Raises:
        ModelNotFound: there is no such model, or no weights in a form that may be read.
        ModelDamaged: a file is missing, cut or of the wrong shape.
        UnknownArchitecture: nothing here runs it, or it has no such output.
        DeviceUnavailable: the runtime cannot use the device.
    """
    if path.is_file() and path.suffix == ".onnx":
        return open_exported(path, output, mode, device)
    if not path.is_dir():
        raise ModelNotFound(f"There is no model at {path}. Give a model directory or an ONNX file.", path=str(path))
    known = not (path / CONFIG).is_file() or read_json(path / CONFIG).get("model_type") in ARCHITECTURES
    if not (known and any(path.glob("*.safetensors"))) and (file := exported_file(path)) is not None:
        return open_exported(file, output, mode, device)
    return _built(path, output, mode, device)


def _built(directory: Path, output: Output, mode: Mode, device: Device) -> Graph:
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
    batching = BF16 if mode == "bf16" else device.batching
    batched = in_batches(architecture) if batching and output == "logits" else None
    architecture = batched or architecture
    nodes = (BatchedNodes if batched else Nodes)(Weights(directory, architecture.prefix), loops=mode != "bf16")
    first_only = output == "logits" and architecture.head_reads_first(config)
    rows = transformer(nodes, architecture, config, first_only=first_only)
    if output == "logits":
        rows = score(nodes, architecture, config, rows)
    name = model_name(directory)
    return Graph(
        name=name,
        directory=directory,
        session=open_session(nodes.model(rows, output), mode, device, name=name, weights=nodes.outside),
        output=output,
        max_tokens=token_limit(directory, config.positions - architecture.first_position(config)),
        dimensions=config.hidden,
        revision=revision(directory, sorted(directory.glob("*.safetensors"))),
        batching=batching if batched else None,
        device=device,
    )
