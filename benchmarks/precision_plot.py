"""The frontier of the faster precisions: speed against fidelity, from the figures that benchmarks/precision.py kept.

    python benchmarks/precision.py DATA_DIR --sets trec-dl --modes bf16 int8 int8:0 int8:64 --out all.json
    ONEDNN_MAX_CPU_ISA=AVX512_CORE python benchmarks/precision.py … --modes bf16 --cache older --out older.json
    python benchmarks/precision_plot.py all.json older.json > benchmarks/plots/precision.svg

oneDNN's limit lets bf16 run as on an older processor; onnxruntime, which runs int8 and exact, has none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rerank_plot import draw


def main() -> None:
    figures: list[dict[str, Any]] = []
    for file in sys.argv[1:]:
        figures += json.loads(Path(file).read_text("utf-8"))
    arms = {
        each["mode"]: {
            "arm": each["mode"],
            "ran": True,
            "times_default": each["speed"],
            "kendall": each["kendall"],
            "label": f"{each['mode']}: {each['top10']:.3f} of the top 10",
        }
        for each in figures
    }
    print(draw({"shape": figures[0]["set"], "cores": 1, "arms": list(arms.values())}, "exact"), end="")


if __name__ == "__main__":
    main()
