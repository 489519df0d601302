"""From a name to a loaded model."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from shortlist.errors import UnknownArchitecture, UsageError
from shortlist.models.causal import CausalReranker, is_causal, load_causal_reranker
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.encoder import DEFAULT, Encoder, load_encoder
from shortlist.models.hub import locate
from shortlist.models.late import LateInteraction
from shortlist.models.listwise import ListwiseReranker
from shortlist.models.remote import RemoteReranker
from shortlist.models.runtimes.device import CPU, Device, device_of
from shortlist.models.runtimes.precision import Precision
from shortlist.models.served import served_reranker
from shortlist.models.tokenizer import ModelTokenizer

Reranker: TypeAlias = CrossEncoderModel | LateInteraction | CausalReranker | RemoteReranker | ListwiseReranker


def load_reranker(
    name_or_path: str | Path = "default", precision: Precision = "exact", device: str | Device = "cpu"
) -> Reranker:
    """The second look of this name.

    Args:
        name_or_path: a service or chat model (cohere:MODEL, tei:URL, llm:MODEL: see `served_reranker`), or a model as
            `load_model` takes it. A cross-encoder or causal reranker is one itself; an encoder takes the second look by
            late interaction.
        precision: of a cross-encoder, as `load_cross_encoder` takes it; other models have one.
        device: of a cross-encoder or causal reranker: "cpu", "cuda", "cuda:1"; no other runs on a GPU.

    Raises:
        ModelNotFound, ModelDamaged, UnknownArchitecture: as `load_encoder` and `load_cross_encoder`.
        UsageError: a service without an address, or a GPU for a model that runs on none.
        MissingExtra: a causal reranker, without torch.
        DeviceUnavailable: nothing installed computes there, or it could not be reached.
    """
    served = served_reranker(str(name_or_path))
    if served is not None:
        return _on_no_gpu(served, device_of(device))
    if str(name_or_path) != "default" and is_causal(locate(name_or_path)):
        return load_causal_reranker(name_or_path, device=device_of(device).name)
    model = load_model(name_or_path, precision, device)
    return model if isinstance(model, CrossEncoderModel) else _on_no_gpu(LateInteraction(model), device_of(device))


def _on_no_gpu(model: Reranker, device: Device) -> Reranker:
    if device != CPU:
        raise UsageError(
            f"{model.name} does not run on {device.name}: cross-encoders and causal rerankers do. Leave the device out."
        )
    return model


def load_model(
    name_or_path: str | Path, precision: Precision = "exact", device: str | Device = "cpu"
) -> CrossEncoderModel | Encoder:
    """The model of this name or path, as what it is."""
    if str(name_or_path) == "default":
        return load_encoder()
    try:
        return load_cross_encoder(name_or_path, precision, device)
    except UnknownArchitecture as no_cross_encoder:
        try:
            return load_encoder(str(name_or_path))
        except UnknownArchitecture:
            raise no_cross_encoder from None


def load_tokenizer(name_or_path: str | Path = "default") -> ModelTokenizer:
    """A tokenizer to count with: "default" (the packaged encoder's), a `tokenizer.json`, the directory of one, or the
    name of a fetched model, of which the tokenizer is enough.

    Raises:
        ModelNotFound: there is none.
        ModelDamaged: it does not parse.
    """
    if str(name_or_path) == "default":
        return load_encoder().tokenizer
    return ModelTokenizer.load(locate(name_or_path, tokenizer_only=True))


def path_of(name_or_path: str | Path) -> Path:
    """The directory or file of a model: a path as it was given, else where the name stands for.

    Raises:
        ModelNotFound: there is no such model.
    """
    if str(name_or_path) == "default":
        return DEFAULT
    found = locate(name_or_path)
    return Path(name_or_path) if Path(name_or_path).exists() else found


def directory_of(name_or_path: str | Path) -> Path:
    """Where a model's files lie: that path, or near an ONNX file the directory with its tokenizer.

    Raises:
        ModelNotFound: there is no such model.
    """
    path = path_of(name_or_path)
    if path.is_dir():
        return path
    return next(
        (near for near in (path.parent, path.parent.parent) if (near / "tokenizer.json").is_file()), path.parent
    )
