"""How exactly a cross-encoder computes, and which of the ways suits the processor at hand.

exact   float32, on any processor
bf16    bfloat16 products: several times as fast where the processor has AMX, twice as fast on AMD's that have bfloat16,
        slower than float32 elsewhere
int8    products of whole numbers: faster than float32 where the processor has VNNI
fast    the fastest of these that the processor is made for, chosen when the model is loaded
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from shortlist.errors import UsageError

Mode: TypeAlias = Literal["exact", "bf16", "int8"]
Precision: TypeAlias = Literal["exact", "fast", "bf16", "int8"]

# AMX, or bfloat16 on AMD's processors, which alone have sse4a: Intel's without AMX gain nothing by their bfloat16.
FOR_BF16 = (frozenset({"amx_bf16"}), frozenset({"avx512_bf16", "sse4a"}))


def mode_for(precision: Precision) -> Mode:
    """The way of computing that a precision stands for on this machine.

    "fast" takes bf16 only where the package that runs it is installed (the extra `fast`), and is never slower than
    exact: where nothing faster fits, it is exact.

    Raises:
        UsageError: there is no such precision.
    """
    check_precision(precision)
    if precision != "fast":
        return precision
    flags = processor_flags()
    if any(each <= flags for each in FOR_BF16) and find_spec("openvino") is not None:
        return "bf16"
    return "int8" if flags & {"avx512_vnni", "avx_vnni"} else "exact"


def check_precision(precision: Precision) -> None:
    """Refuse what is no precision.

    Raises:
        UsageError: it is none of those known.
    """
    if precision not in get_args(Precision):
        raise UsageError(f"There is no precision {precision!r}. It can be {', '.join(get_args(Precision))}.")


@cache
def processor_flags() -> frozenset[str]:
    """What the processor can do, in Linux's names; empty where the system does not say."""
    facts = Path("/proc/cpuinfo")
    if not facts.is_file():
        return frozenset()
    for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()
