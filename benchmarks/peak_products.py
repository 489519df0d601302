"""The peak of one core in float32: products by onnxruntime, numpy and torch, and what the clock allows."""

from __future__ import annotations

import ctypes
import importlib
import json
import mmap
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PRODUCTS = (
    (150, 384, 384),
    (150, 384, 1536),
    (150, 1536, 384),
    (512, 512, 512),
    (150, 768, 768),
)  # rows, inner, columns
BLOCK_S = 0.03  # a product is repeated for about as long as a pair takes: a shorter one would find calmer moments
TORCH = """
import json, sys, time, torch
torch.set_num_threads(1)
def timed(times):
    start = time.process_time()
    for _ in range(times): torch.nn.functional.linear(left, right)
    return time.process_time() - start
rates = []
for rows, inner, columns in json.loads(sys.argv[1]):
    left, right = torch.randn(rows, inner), torch.randn(columns, inner)
    timed(1)
    times = max(1, round(float(sys.argv[3]) / timed(1)))
    fastest = min(timed(times) for _ in range(int(sys.argv[2]))) / times
    rates.append(2 * rows * inner * columns / fastest / 1e9)
print(json.dumps(rates))
"""


def peaks(python: str | None, passes: int) -> dict[str, list[float]]:
    """GFLOP/s of each of PRODUCTS, by library."""
    rates = {"onnxruntime": [product_rate(runtime_product(*sizes), sizes, passes) for sizes in PRODUCTS]}
    rates["numpy"] = [product_rate(numpy_product(*sizes), sizes, passes) for sizes in PRODUCTS]
    if python:
        command = [python, "-c", TORCH, json.dumps(PRODUCTS), str(passes), str(BLOCK_S)]
        rates["torch"] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return rates


def product_rate(multiply: Callable[[], object], sizes: tuple[int, int, int], passes: int) -> float:
    rows, inner, columns = sizes
    return 2 * rows * inner * columns / fastest(multiply, passes) / 1e9


def fastest(work: Callable[[], object], passes: int) -> float:
    """Seconds of processor time, of the fastest of so many blocks of repetitions."""
    work()
    times = max(1, round(BLOCK_S / timed(work)))

    def block() -> None:
        for _ in range(times):
            work()

    return min(timed(block) for _ in range(passes)) / times


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def numpy_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    left, right = np.ones((rows, inner), np.float32), np.ones((inner, columns), np.float32)
    return lambda: left @ right


def runtime_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """As our graphs hold it: a Gemm with a constant matrix, packed when it is loaded."""
    from onnx import helper, numpy_helper

    ports = [helper.make_tensor_value_info(name, 1, [None, size]) for name, size in (("x", inner), ("y", columns))]
    constants = [
        numpy_helper.from_array(np.ones(shape, np.float32), name)
        for name, shape in (("weight", (columns, inner)), ("bias", (columns,)))
    ]
    node = helper.make_node("Gemm", ["x", "weight", "bias"], ["y"], transB=1)
    graph = helper.make_graph([node], "product", ports[:1], ports[1:], constants)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    left = np.ones((rows, inner), np.float32)
    return lambda: session.run(None, {"x": left})


def clock(passes: int) -> float | None:
    """Cycles a nanosecond, by a chain of multiplications; None where the processor is no x86-64."""
    if platform.machine() not in ("x86_64", "AMD64") or sys.platform == "win32":
        return None
    # mov rcx, rdi;  again: imul rax, rax (three times);  dec rcx;  jnz again;  ret
    program = bytes.fromhex("4889f9 480fafc0 480fafc0 480fafc0 48ffc9 75ef c3")
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(program)
    chain = ctypes.CFUNCTYPE(None, ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    turns = 1_000_000
    return 9 * turns / fastest(lambda: chain(turns), passes) / 1e9
