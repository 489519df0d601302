"""What runs a graph in each precision, behind one port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shortlist.models.runtimes.bf16 import Bf16Session
from shortlist.models.runtimes.device import CPU, Device
from shortlist.models.runtimes.int8 import quantised
from shortlist.models.runtimes.precision import Mode
from shortlist.models.runtimes.session import Session
from shortlist.records import NOTHING


class Runs(Protocol):
    """An ONNX model that is ready to run, from any thread."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what it takes."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        ...

    def run(
        self, inputs: Mapping[str, NDArray[np.generic]], outputs: Sequence[str] | None = None
    ) -> list[NDArray[np.float32]]:
        """The outputs asked for, all where none are named.

        Raises:
            ModelDamaged: the model fails on this input.
        """
        ...


def open_session(
    model: bytes | Path,
    mode: Mode = "exact",
    device: Device = CPU,
    *,
    name: str = "",
    weights: Mapping[str, NDArray[np.float32]] = NOTHING,
) -> Runs:
    """Make a model ready to run.

    Args:
        model: the file's bytes or its path.
        mode: how exactly it computes.
        device: what runs it; the faster precisions are the processor's.
        name: what to call it in errors; the path where none is given.
        weights: tensors that the model names but does not hold.

    Raises:
        ModelNotFound: the path holds no file.
        ModelDamaged: the runtime cannot load it.
        MissingExtra: bf16 was asked for and OpenVINO is not installed.
        DeviceUnavailable: the runtime cannot use the device.
    """
    if mode == "bf16":
        return Bf16Session(model, name=name, weights=weights)
    exact = Session(model, name=name, weights=weights, device=device)  # also checks what is to be rewritten
    if mode == "exact":
        return exact
    rewritten, outside = quantised(model, weights)
    return Session(rewritten, name=exact.name, weights=outside)
