"""Speed of exact reranking: our cross-encoder against sentence-transformers, the same weights and pairs in one run.

    python benchmarks/cross_encoder.py [--cores 1 2] [--passes 7] [--peers PYTHON] [--out FILE.json]

The model has the shape of MiniLM-L6 (6 layers of 384, 12 heads, 1536 in the middle, 30,522 words) and random weights:
they cost what trained ones cost. One query and 100 passages of the running Python's documentation; the lengths of the
pairs are log-normal, 150 tokens on average, at most 512. Each arm is a process of its own that stays warm; they are
asked in turn, and each figure is the median of its passes. sentence-transformers is called as its users call it
(batches of 32) and at batches of 1, 4 and 8. Its environment is made from benchmarks/peers.txt under .cache/peers,
unless --peers names one.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from cross_encoder_inputs import PAIRS, make_inputs

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
DEFAULT_BATCH = 32


@dataclass
class Arm:
    """One way of scoring all pairs, and what it took."""

    name: str
    worker: subprocess.Popen[str]
    batch: int = 0
    seconds: list[float] = field(default_factory=list[float])
    logits: list[float] = field(default_factory=list[float])

    def run(self) -> None:
        """Have the worker score all pairs once."""
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        print(self.batch, file=self.worker.stdin, flush=True)
        answer = json.loads(self.worker.stdout.readline())
        self.seconds.append(answer["seconds"])
        self.logits = answer["logits"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--peers", help="the Python of an environment with benchmarks/peers.txt")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    peers = options.peers or make_peers(CACHE / "peers")
    directory, pairs = CACHE / "cross-encoder" / "minilm-l6-shape", CACHE / "cross-encoder" / "pairs.json"
    lengths = make_inputs(directory, pairs)
    print(f"{PAIRS} pairs of {min(lengths)} to {max(lengths)} tokens, {np.mean(lengths):.1f} on average", flush=True)
    results = [race(peers, directory, pairs, cores, options.passes) for cores in options.cores]
    report = {
        "pairs": {"count": PAIRS, "tokens": {"mean": float(np.mean(lengths)), "most": max(lengths)}},
        "machine": {"processor": processor(), "python": platform.python_version()},
        "versions": {name: version(name) for name in ("onnxruntime", "numpy", "tokenizers")} | peer_versions(peers),
        "results": results,
    }
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def race(peers: str, directory: Path, pairs: Path, cores: int, passes: int) -> dict[str, Any]:
    """All arms in turn, `passes` times, on this many cores."""

    def start(python: str, name: str) -> subprocess.Popen[str]:
        command = [python, str(HERE / "cross_encoder_worker.py"), name, str(directory), str(pairs), str(cores)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    ours, theirs = start(sys.executable, "ours"), start(peers, "sentence-transformers")
    arms = [Arm("shortlist", ours), *(Arm(f"sentence-transformers, batch {b}", theirs, b) for b in (32, 8, 4, 1))]
    try:
        for arm in arms:  # the first pass of each loads and warms
            arm.run()
            arm.seconds.clear()
        for _ in range(passes):
            for arm in arms:
                arm.run()
    finally:
        for worker in (ours, theirs):
            worker.kill()
    return show(arms, cores)


def show(arms: Sequence[Arm], cores: int) -> dict[str, Any]:
    """Print the table of one race."""
    default = median(next(arm.seconds for arm in arms if arm.batch == DEFAULT_BATCH))
    print(f"\n{cores} core{'s' * (cores > 1)}\n| arm | ms a pair | pairs/s | x their default | largest Δ logit |")
    print("|---|---|---|---|---|")
    rows: list[dict[str, Any]] = []
    for arm in arms:
        seconds = median(arm.seconds)
        # Within one pass both were asked one after the other: the median of the passes' ratios shakes least.
        reference = next(each for each in arms if each.batch == DEFAULT_BATCH)
        ratio = median(slow / fast for slow, fast in zip(reference.seconds, arm.seconds, strict=True))
        change = float(np.abs(np.subtract(arm.logits, arms[1].logits)).max())
        rows.append(
            {
                "arm": arm.name,
                "ms_a_pair": seconds / PAIRS * 1000,
                "fastest_ms_a_pair": min(arm.seconds) / PAIRS * 1000,
                "times_default": ratio,
                "times_default_of_medians": default / seconds,
                "largest_change_of_logit": change,
            }
        )
        print(
            f"| {arm.name} | {seconds / PAIRS * 1000:.1f} | {PAIRS / seconds:.1f} | {ratio:.2f} | {change:.1e} |",
            flush=True,
        )
    return {"cores": cores, "passes": len(arms[0].seconds), "arms": rows}


def make_peers(place: Path) -> str:
    """The Python of the peers' environment, made where it is missing."""
    python = place / "bin" / "python"
    if not (place / "done").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(HERE / "peers.txt")], check=True)
        (place / "done").touch()
    return str(python)


def peer_versions(python: str) -> dict[str, str]:
    names = ["torch", "transformers", "sentence-transformers"]
    program = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names}}}))"
    return json.loads(subprocess.run([python, "-c", program], check=True, capture_output=True, text=True).stdout)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
