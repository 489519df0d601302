"""Running an ONNX graph: one session, any number of threads, one text at a time.

On the processor a text is run alone, never in a batch: padding changes last bits, and int8 graphs scale activations by
the largest one they see, so that a text's neighbours would change its vector. A core loses nothing by it; all cores are
used by running several texts at once.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from threading import Lock, current_thread
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import DeviceUnavailable, ModelDamaged, ModelNotFound
from shortlist.models.runtimes.device import CPU, Device, open_on
from shortlist.records import NOTHING

Item = TypeVar("Item")
Result = TypeVar("Result")
WORKER = "shortlist-model"


class Session:
    """An ONNX model that is ready to run. Thread-safe."""

    def __init__(
        self,
        model: bytes | Path,
        *,
        name: str = "",
        threads: int = 1,
        weights: Mapping[str, NDArray[np.float32]] = NOTHING,
        device: Device = CPU,
    ) -> None:
        """Open a model.

        Args:
            model: the file's bytes or its path.
            name: what to call it in errors; the path where none is given.
            threads: cores that share the work of one run. With 1, `run_each` and callers' own threads use the cores.
            weights: tensors that the model names but does not hold, so that it may be larger than protobuf's 2 GB.
            device: what runs it. A GPU runs one graph at a time.

        Raises:
            ModelNotFound: the path holds no file.
            ModelDamaged: the runtime cannot load it.
            DeviceUnavailable: the runtime cannot use the device.
        """
        self.name = name or (str(model) if isinstance(model, Path) else "in memory")
        if isinstance(model, Path) and not model.is_file():
            raise ModelNotFound(f"There is no model file {model}.", path=str(model))
        try:
            self._session: Any = _open(model, threads, weights, device)
        except DeviceUnavailable:
            raise
        except Exception as problem:  # the runtime has a dozen exception classes without a common root
            raise ModelDamaged(
                f"The model {self.name} cannot be loaded: {problem}. Fetch or build it again.", name=self.name
            ) from problem
        self.inputs: tuple[str, ...] = tuple(port.name for port in self._session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(port.name for port in self._session.get_outputs())
        self._device = device
        # On a GPU each thread of callers would get working memory of its own.
        self._turn = Lock() if device.batching else nullcontext()
        self._narrow = frozenset(port.name for port in self._session.get_inputs() if port.type == "tensor(int32)")

    def run(
        self, inputs: Mapping[str, NDArray[np.generic]], outputs: Sequence[str] | None = None
    ) -> list[NDArray[np.float32]]:
        """Run the graph once.

        Args:
            inputs: an array for each name of `self.inputs`; int64 where the graph takes int32 is narrowed.
            outputs: the names wanted; all of `self.outputs` where none are given.

        Returns:
            The outputs in the order asked for.

        Raises:
            ModelDamaged: the graph does not accept these inputs or fails on them.
        """
        fed = {name: array.astype(np.int32) if name in self._narrow else array for name, array in inputs.items()}
        try:
            with self._turn:
                return cast("list[NDArray[np.float32]]", self._session.run(outputs, fed))
        except Exception as problem:
            raise ModelDamaged(
                f"The model {self.name} failed on its input: {problem}. It takes {', '.join(self.inputs)}."
                + ("" if self._device == CPU else f" If {self._device.name} lacks memory, give it fewer batch_tokens."),
                name=self.name,
            ) from problem


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_each(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work(item)` for each item, on all cores, results in the order of the items.

    The items are drawn as cores become free, so a long iterable is never held in memory. An exception in `work`
    ends the iteration. A single item runs in the calling thread.
    """
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2 or cores() < 2 or current_thread().name.startswith(WORKER):  # a worker must not wait for workers
        yield from (work(item) for item in first)
        yield from (work(item) for item in source)
        return
    pool = _workers()
    # Two runs waiting for each core: enough that none idles while the caller handles a result.
    pending: list[Future[Result]] = [pool.submit(work, item) for item in [*first, *islice(source, 3 * cores() - 2)]]
    try:
        while pending:
            yield pending.pop(0).result()
            pending.extend(pool.submit(work, item) for item in islice(source, 1))
    finally:
        for future in pending:
            future.cancel()


_pool: ThreadPoolExecutor | None = None
_pool_lock = Lock()


def _workers() -> ThreadPoolExecutor:
    """The process's one pool: callers' threads together never run more than a graph a core through it."""
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(cores(), thread_name_prefix=WORKER)
        return _pool


def _forget_workers() -> None:
    """A forked child has none of its parent's threads: it must start its own."""
    global _pool, _pool_lock
    _pool, _pool_lock = None, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)


def _open(model: bytes | Path, threads: int, weights: Mapping[str, NDArray[np.float32]], device: Device) -> object:
    runtime: Any = importlib.import_module("onnxruntime")  # it has no types
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; the runtime's own lines on stderr help nobody
    if weights:
        values = [runtime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
    return open_on(device, runtime, model if isinstance(model, bytes) else str(model), options)
