"""Running a graph in bfloat16, on OpenVINO (the extra `fast`)."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import LifoQueue
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import MissingExtra, ModelDamaged, need
from shortlist.models.runtimes.session import cores
from shortlist.records import NOTHING

WEIGHTS = "weights"


class Bf16Session:
    """An ONNX model that is ready to run, as many times at once as there are cores. Thread-safe.

    Products are computed in bfloat16 and summed in float32, where the processor has instructions for it.
    """

    def __init__(
        self, model: bytes | Path, *, name: str = "", weights: Mapping[str, NDArray[np.float32]] = NOTHING
    ) -> None:
        """Open a model.

        Args:
            model: the file's bytes or its path.
            name: what to call it in errors; the path where none is given.
            weights: tensors that the model names but does not hold.

        Raises:
            MissingExtra: OpenVINO is not installed.
            ModelDamaged: it cannot load the model.
        """
        self.name = name or str(model)
        try:
            compiled = _compiled(model, weights)
        except MissingExtra:
            raise
        except Exception as problem:  # the runtime raises bare RuntimeError, and others
            raise ModelDamaged(
                f"The model {self.name} cannot be loaded in bf16: {problem}. Load it with precision='exact'.",
                name=self.name,
            ) from problem
        self.inputs: tuple[str, ...] = tuple(port.get_any_name() for port in compiled.inputs)
        self.outputs: tuple[str, ...] = tuple(port.get_any_name() for port in compiled.outputs)
        # A request runs once at a time, so each core has one.
        self._requests: LifoQueue[Any] = LifoQueue()
        for _ in range(cores()):
            self._requests.put(compiled.create_infer_request())

    def run(
        self, inputs: Mapping[str, NDArray[np.generic]], outputs: Sequence[str] | None = None
    ) -> list[NDArray[np.float32]]:
        """Run the graph once; as `Session.run`.

        Raises:
            ModelDamaged: the graph does not accept these inputs or fails on them.
        """
        with self._request() as request:
            try:
                found = request.infer(dict(inputs), share_inputs=True)  # with copies of the outputs
                return [np.asarray(found[name], np.float32) for name in outputs or self.outputs]
            except Exception as problem:
                raise ModelDamaged(
                    f"The model {self.name} failed on its input: {problem}. It takes {', '.join(self.inputs)}.",
                    name=self.name,
                ) from problem

    @contextmanager
    def _request(self) -> Generator[Any]:
        request = self._requests.get()
        try:
            yield request
        finally:
            self._requests.put(request)


def _compiled(model: bytes | Path, weights: Mapping[str, NDArray[np.float32]]) -> Any:
    core = _openvino().Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": cores(),
        "NUM_STREAMS": cores(),  # a run a core: callers share the cores by running several at once
        "ENABLE_CPU_PINNING": False,
    }
    if isinstance(model, Path):
        return core.compile_model(core.read_model(model), "CPU", settings)
    # Without a file behind them the weights outlive the directory.
    core.set_property({"ENABLE_MMAP": False})
    with TemporaryDirectory(prefix="shortlist-") as directory:
        file = Path(directory) / "model.onnx"
        file.write_bytes(_placed(model, weights, file.with_name(WEIGHTS)))
        return core.compile_model(core.read_model(file), "CPU", settings)


def _openvino() -> Any:
    """The runtime without its telemetry, which counts every import in the home directory and may report it."""
    modules = cast("dict[str, Any]", sys.modules)
    without = "openvino_telemetry" not in modules
    if without:
        modules["openvino_telemetry"] = None  # its import fails, which the runtime provides for
    try:
        return need("openvino", extra="fast")
    finally:
        if without:
            del modules["openvino_telemetry"]


def _placed(model: bytes, weights: Mapping[str, NDArray[np.float32]], file: Path) -> bytes:
    """The model with its outside tensors in `file`, where each entry says how far in."""
    import onnx

    loaded = onnx.load_model_from_string(model)
    with file.open("wb") as opened:
        for tensor in loaded.graph.initializer:
            if tensor.name in weights:
                place = {
                    "location": file.name,
                    "offset": str(opened.tell()),
                    "length": str(weights[tensor.name].nbytes),
                }
                del tensor.external_data[:]
                for key, value in place.items():
                    tensor.external_data.add(key=key, value=value)
                opened.write(np.ascontiguousarray(weights[tensor.name]).tobytes())
    return loaded.SerializeToString()
