"""ONNX files that others exported: which of a directory to take, and which of its outputs is the one asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shortlist.errors import ModelDamaged, ModelNotFound, UnknownArchitecture
from shortlist.models.graphs.architectures.roberta import ROBERTA
from shortlist.models.graphs.config import FILE as CONFIG
from shortlist.models.graphs.config import read_json
from shortlist.models.graphs.graph import INPUTS, Graph, Output, model_name, revision, token_limit
from shortlist.models.runtimes.device import CPU, Device
from shortlist.models.runtimes.open import Runs, open_session
from shortlist.models.runtimes.precision import Mode

USUAL = ("model.onnx", "onnx/model.onnx")  # as exporters name the file, below the model directory
NAMES: dict[Output, tuple[str, ...]] = {
    "token_vectors": ("token_vectors", "last_hidden_state", "token_embeddings", "hidden_states"),
    "logits": ("logits",),
}
PROBE = 3  # tokens; a head has one or two numbers, so none can be taken for them


def exported_file(directory: Path) -> Path | None:
    """The ONNX file of a model directory: the one of a usual name, else the only one.

    Raises:
        UnknownArchitecture: there are several, and none has a usual name.
    """
    for place in USUAL:
        if (directory / place).is_file():
            return directory / place
    found = sorted([*directory.glob("*.onnx"), *directory.glob("onnx/*.onnx")])
    if len(found) > 1:
        raise UnknownArchitecture(
            f"{directory} holds {len(found)} ONNX files, none of them called model.onnx. Give the path of one: "
            f"{', '.join(str(file) for file in found)}",
            path=str(directory),
        )
    return found[0] if found else None


def open_exported(file: Path, output: Output, mode: Mode, device: Device = CPU) -> Graph:
    """Load an ONNX file with a tokenizer.json beside it or one level above.

    Raises:
        ModelNotFound: there is no tokenizer.
        ModelDamaged: the runtime cannot load the file, or weights that it keeps in another file.
        UnknownArchitecture: it has other inputs than token ids, types and a mask, or no output that fits.
        DeviceUnavailable: the runtime cannot use the device.
    """
    session = open_session(file, mode, device)
    if "input_ids" not in session.inputs or not set(session.inputs) <= set(INPUTS):
        raise UnknownArchitecture(
            f"{file} takes {', '.join(session.inputs)}; expected were {', '.join(INPUTS)} (the first at least).",
            path=str(file),
        )
    found = _output(file, session, output)
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
        max_tokens=token_limit(directory, int(stated.get("max_position_embeddings", 512)) - offset),
        dimensions=int(stated.get("hidden_size", stated.get("dim", 0))),
        # A large model keeps its weights beside it, in files whose names begin with its own.
        revision=revision(directory, sorted(file.parent.glob(f"{file.stem}.onnx*"))),
        device=device,
    )


def _output(file: Path, session: Runs, output: Output) -> str:
    """The name of the output that stands for ours: a usual one, else the only one of the right shape."""
    for name in NAMES[output]:
        if name in session.outputs:
            return name
    others = [name for name in session.outputs if name not in {usual for names in NAMES.values() for usual in names}]
    fitting = [name for name in others if _fits(session, name, output)]
    if len(fitting) != 1:
        expected = "a number or two a pair" if output == "logits" else "a vector a token"
        raise UnknownArchitecture(
            f"{file} gives {', '.join(session.outputs)}; expected was the output {' or '.join(NAMES[output])}, or a "
            f"single other one that holds {expected}.",
            path=str(file),
        )
    return fitting[0]


def _fits(session: Runs, name: str, output: Output) -> bool:
    tokens = np.zeros((1, PROBE), np.int64)
    made = {"input_ids": tokens, "token_type_ids": tokens, "attention_mask": np.ones_like(tokens)}
    try:
        [given] = session.run({each: made[each] for each in session.inputs}, [name])
    except ModelDamaged:
        return False
    if output == "logits":
        return given.size <= 2 and given.dtype.kind == "f"
    return given.ndim == 3 and given.shape[:2] == (1, PROBE)
