"""Safetensors → numpy arrays, float32, by name and expected shape. Pickles are refused: they are programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.graphs.config import read_json

FILE = "model.safetensors"
INDEX = "model.safetensors.index.json"
OLD_NAMES = {"weight": "gamma", "bias": "beta"}  # of LayerNorm, in checkpoints that came from TensorFlow


class Weights:
    """The tensors of one model. Nothing is read before it is asked for."""

    def __init__(self, directory: Path, prefix: str = "") -> None:
        """Open the files of `directory`.

        Args:
            directory: holds `model.safetensors`, or its shards and their index.
            prefix: what may stand before every name ("bert."); a model saved with a head has it, one without has not.

        Raises:
            ModelNotFound: there is no such file.
            ModelDamaged: a file is missing, cut or not safetensors.
        """
        self.directory = directory
        self._files: dict[str, Any] = {}
        for path in _files(directory):
            file = _opened(path)
            self._files.update(dict.fromkeys(file.keys(), file))
        self._prefix = prefix if any(name.startswith(prefix) for name in self._files) else ""

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a tensor.

        Raises:
            ModelDamaged: there is none of this name.
        """
        found = self._found(name)
        return tuple(self._files[found].get_slice(found).get_shape())

    def take(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """A tensor as float32; half precisions are widened, which loses nothing.

        Raises:
            ModelDamaged: there is none of this name, it has another shape, or holds no floating-point numbers.
        """
        found, held = self._found(name), self.shape(name)
        if held != shape:
            raise ModelDamaged(
                f"The tensor {name} in {self.directory} has shape {held}; its config.json asks for {shape}. "
                "Fetch the model again.",
                name=name,
                held=held,
                expected=shape,
            )
        values: NDArray[Any] = self._files[found].get_tensor(found)
        if values.dtype.name not in ("float32", "float16", "bfloat16", "float64"):
            raise ModelDamaged(
                f"The tensor {name} in {self.directory} holds {values.dtype.name}; floating-point numbers were "
                "expected. Quantised models run as ONNX files.",
                name=name,
                dtype=values.dtype.name,
            )
        return values.astype(np.float32, copy=False)

    def _find(self, name: str) -> str | None:
        stem, _, last = name.rpartition(".")
        for candidate in (name, f"{stem}.{OLD_NAMES.get(last, last)}"):
            for full in (self._prefix + candidate, candidate):  # heads stand outside the prefix
                if full in self._files:
                    return full
        return None

    def _found(self, name: str) -> str:
        found = self._find(name)
        if found is None:
            raise ModelDamaged(
                f"The model in {self.directory} has no tensor {name}. Its weights are not those that its config.json "
                "describes; fetch it again.",
                name=name,
            )
        return found


def _files(directory: Path) -> list[Path]:
    if (directory / FILE).is_file():
        return [directory / FILE]
    if (directory / INDEX).is_file():
        shards = read_json(directory / INDEX).get("weight_map")
        if not isinstance(shards, Mapping) or not shards:
            raise ModelDamaged(f"{directory / INDEX} lists no files. Fetch the model again.", path=str(directory))
        return [directory / name for name in sorted({str(name) for name in cast("Mapping[str, str]", shards).values()})]
    if any(directory.glob("*.bin")):
        raise ModelNotFound(
            f"{directory} holds its weights as a pickle (*.bin), which is a program and is never run here. Where you "
            f'trust it, convert it with transformers: python -c "from transformers import AutoModel; '
            f"AutoModel.from_pretrained('{directory}').save_pretrained('{directory}')\" (for a cross-encoder "
            "AutoModelForSequenceClassification)",
            path=str(directory),
        )
    raise ModelNotFound(
        f"{directory} has no {FILE}. Save it with model.save_pretrained(directory).", path=str(directory)
    )


def _opened(path: Path) -> Any:
    """A safetensors file; the library has no types."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelDamaged(f"{path} is missing, though the index beside it lists it. Fetch it again.", path=str(path))
    try:
        return safe_open(path, framework="np")
    except (SafetensorError, OSError) as problem:
        raise ModelDamaged(
            f"The weights {path} cannot be read: {problem}. The file is cut or damaged; fetch it again.", path=str(path)
        ) from problem
