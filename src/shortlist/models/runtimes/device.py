"""Where a model computes: on the processor, or on a GPU through CUDA."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.errors import DeviceUnavailable, UsageError
from shortlist.models.runtimes.precision import Mode, Precision, check_precision, mode_for

NAME = re.compile(r"cpu|cuda(?::(\d+))?")
CPU_PROVIDER, CUDA_PROVIDER = "CPUExecutionProvider", "CUDAExecutionProvider"
# Of a list of 100 passages six in ten computed tokens are then their own: docs/decisions/010-device.md.
BATCH_TOKENS, STEP = 2048, 64
INSTALL = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'onnxruntime-gpu[cuda,cudnn]'"
GPUS = Path("/proc/driver/nvidia")  # what NVIDIA's driver for Linux says of itself


@dataclass(frozen=True, slots=True)
class Batching:
    """How texts are computed together, padded to one length. That depends on the text alone, never on its company."""

    tokens: int  # of a batch, padding included
    step: int  # lengths are multiples of it, so that many texts have one
    filled: bool = False  # whether every batch of one length has as many texts, copies standing where there are too few

    def size(self, length: int) -> int:
        """Texts of this length in a batch."""
        return max(1, self.tokens // length)


@dataclass(frozen=True, slots=True)
class Device:
    """What runs a graph, and how much at once."""

    name: str  # "cpu", "cuda:0"
    provider: str  # as onnxruntime calls it
    options: tuple[tuple[str, str], ...] = ()  # of the provider
    batching: Batching | None = None  # None: each text alone, one a core

    @property
    def revision(self) -> str:
        """What a model's revision ends in: with anything that its last bits depend on; empty for the processor."""
        return "" if self.batching is None else f"{self.name.partition(':')[0]}-{self.batching.tokens}"


CPU = Device("cpu", CPU_PROVIDER)


def device_of(name: str | Device, batch_tokens: int = BATCH_TOKENS) -> Device:
    """The device of this name.

    Args:
        name: "cpu"; "cuda" or "cuda:0", the first GPU; "cuda:1", the second.
        batch_tokens: of a GPU: tokens that are computed together, padding included.

    Raises:
        UsageError: there is no such device, or no token in a batch.
    """
    if isinstance(name, Device):
        return name
    found = NAME.fullmatch(name)
    if found is None:
        raise UsageError(f"There is no device {name!r}. It can be cpu, cuda (the first GPU), cuda:1 (the second) ….")
    if batch_tokens < 1:
        raise UsageError(f"batch_tokens counts the tokens of a batch: at least 1, not {batch_tokens}.")
    if name == "cpu":
        return CPU
    number = found[1] or "0"
    options = (
        ("device_id", number),
        ("use_tf32", "0"),  # else products keep ten bits of their factors: exact is float32 here too
        ("arena_extend_strategy", "kSameAsRequested"),  # else memory is taken in powers of two, and kept
    )
    return Device(f"cuda:{number}", CUDA_PROVIDER, options, Batching(batch_tokens, STEP, filled=True))


def mode_on(device: Device, precision: Precision) -> Mode:
    """The way of computing that a precision stands for on this device.

    Raises:
        UsageError: there is no such precision, or not there.
    """
    if device == CPU:
        return mode_for(precision)
    check_precision(precision)
    if precision not in ("exact", "fast"):
        raise UsageError(
            f'The precision "{precision}" is for the processor; on {device.name} a cross-encoder is exact (float32). '
            "Leave one of the two out."
        )
    return "exact"


def open_on(device: Device, runtime: Any, model: str | bytes, options: Any) -> Any:
    """A session of onnxruntime on this device, which without a word gives one on the processor where it cannot.

    Raises:
        DeviceUnavailable: nothing installed computes there, or it could not be reached.
    """
    if device.provider == CUDA_PROVIDER:
        _check_built(device, runtime)
    session = runtime.InferenceSession(
        model, options, providers=[(device.provider, dict(device.options))], enable_fallback=0
    )
    if device.provider not in session.get_providers():
        raise DeviceUnavailable(
            f"onnxruntime {runtime.__version__} can use CUDA, but could not begin on {device.name} (the line above "
            f"says why): there is no such GPU or no driver, or the libraries of CUDA are missing. {INSTALL} brings "
            'those; nvidia-smi lists the GPUs. device="cpu" always works.',
            device=device.name,
            found=session.get_providers(),
        )
    return session


def _check_built(device: Device, runtime: Any) -> None:
    """Refuse a runtime that was built without CUDA; load the libraries of one that was."""
    found = runtime.get_available_providers()
    if CUDA_PROVIDER not in found:
        raise DeviceUnavailable(
            f"The device {device.name} needs onnxruntime-gpu; the onnxruntime {runtime.__version__} here has only "
            f'{", ".join(found)}. Put it in its place: {INSTALL}. device="cpu" always works.',
            device=device.name,
            found=found,
        )
    if hasattr(runtime, "preload_dlls"):  # from 1.21: those that pip installed
        with redirect_stdout(sys.stderr):  # where it names what it does not find
            runtime.preload_dlls()


def gpus() -> list[str]:
    """The GPUs of this machine and their driver, in the driver's words; empty where there is none or no Linux."""
    files = [GPUS / "version", *sorted(GPUS.glob("gpus/*/information"))]
    lines = [line for file in files if file.is_file() for line in file.read_text(errors="replace").splitlines()]
    return [line for line in lines if line.startswith(("NVRM", "Model"))]
