"""Speed and fidelity of reranking: our cross-encoder against other libraries, the same weights and pairs in one run.

    python benchmarks/rerank.py [--shapes 6x384 12x384 12x768] [--cores 1 2] [--passes 7] [--out FILE.json]

Models have random weights: they cost what trained ones cost. One query and 100 passages of the running Python's
documentation; the lengths of the pairs are log-normal, 150 tokens on average, at most 512. Each arm is a process of its
own that stays warm; they are asked in turn, and each figure is the median of its passes. Fidelity is that to
sentence-transformers' float32; with random weights it ranks the arms and predicts no loss of retrieval.

Each race, of all arms at one shape on so many cores, is added to --out when it is done. A run that was stopped goes on
where it was: races that --out holds from the same commit, with the same options, are shown and not run again.

The peers' environments are made from benchmarks/peers.txt and peers-rerank.txt under .cache, unless --peers and
--runtimes name their Pythons. --plot FILE.svg draws speed against fidelity.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from rerank_inputs import PAIRS, SHAPES, make_inputs

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
DEFAULT = "sentence-transformers:32"  # as its users call it
# Our own arms, those of peers.txt and those of peers-rerank.txt; a name and a setting of rerank_worker.py.
OURS = ("shortlist:exact", "shortlist:bf16", "shortlist:int8")
PEERS = (DEFAULT, "sentence-transformers:8", "sentence-transformers:1", "sentence-transformers:8-torch-bfloat16")
RUNTIMES = (
    "sentence-transformers:1-onnx-float32",
    "sentence-transformers:1-openvino-float32",
    "sentence-transformers:8-openvino-bf16",
    "rerankers",
    "fastembed:1",
    "fastembed:64",
    "flashrank",
    "onnxruntime:1",
)


@dataclass
class Arm:
    """One way of scoring all pairs, and what it took."""

    name: str
    worker: subprocess.Popen[str]
    clock: str
    seconds: list[float] = field(default_factory=list[float])
    logits: list[float] = field(default_factory=list[float])

    def run(self) -> bool:
        """Have the worker score all pairs once; whether it could."""
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        try:
            print(file=self.worker.stdin, flush=True)
            answer = json.loads(self.worker.stdout.readline())
        except (OSError, ValueError):
            return False
        self.seconds.append(answer[self.clock])
        self.logits = answer["logits"]
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="fewer, to try it out")
    parser.add_argument(
        "--clock", choices=("wall", "processor"), default="wall", help="processor time where other work runs beside"
    )
    parser.add_argument("--only", nargs="+", help="arms to run beside the default one")
    parser.add_argument("--peers", help="the Python of an environment with benchmarks/peers.txt")
    parser.add_argument("--runtimes", help="the Python of an environment with benchmarks/peers-rerank.txt")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    peers = asked.peers or make_peers("peers.txt", CACHE / "peers")
    runtimes = asked.runtimes or make_peers("peers-rerank.txt", CACHE / "peers-rerank")
    pythons = {OURS: sys.executable, PEERS: peers, RUNTIMES: runtimes}
    arms = {name: python for names, python in pythons.items() for name in names}
    arms = {name: python for name, python in arms.items() if not asked.only or name in (DEFAULT, *asked.only)}
    report = Report(asked.out, circumstances(arms, asked.passes, asked.clock))
    for shape in asked.shapes:
        directory, pairs = CACHE / "rerank" / shape, CACHE / "rerank" / f"{shape}.json"
        lengths = make_inputs(directory, pairs, shape, asked.pairs)
        export(runtimes, directory)
        print(
            f"\n## {shape}: {len(lengths)} pairs, {min(lengths)} to {max(lengths)} tokens, mean {np.mean(lengths):.1f}"
        )
        for cores in asked.cores:
            rows = report.rows(shape, cores, len(lengths))
            if rows is None:
                rows = race(arms, directory, pairs, cores, asked.passes, asked.clock)
                report.add({"shape": shape, "cores": cores, "pairs": len(lengths), "arms": rows})
            show(rows, cores, len(lengths))
    if asked.plot:
        from rerank_plot import draw

        asked.plot.parent.mkdir(parents=True, exist_ok=True)
        asked.plot.write_text(draw(report.results[0]), encoding="utf-8")


@dataclass
class Report:
    """What was measured under the same circumstances, in a file if there is one."""

    file: Path | None
    circumstances: dict[str, Any]
    results: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        if self.file is not None and self.file.is_file():
            held = json.loads(self.file.read_text(encoding="utf-8"))
            self.results = held.pop("results")
            if held != self.circumstances:
                raise SystemExit(f"{self.file} holds figures of another version or other options: move it away first.")

    def rows(self, shape: str, cores: int, pairs: int) -> list[dict[str, Any]] | None:
        """The rows of a race that is done; None where it is not."""
        same = {"shape": shape, "cores": cores, "pairs": pairs}
        return next((each["arms"] for each in self.results if same.items() <= each.items()), None)

    def add(self, result: dict[str, Any]) -> None:
        """Keep a race."""
        self.results.append(result)
        if self.file is not None:
            new = self.file.with_suffix(".new")  # never half a file
            new.write_text(json.dumps({**self.circumstances, "results": self.results}, indent=1) + "\n", "utf-8")
            new.replace(self.file)


def circumstances(arms: Iterable[str], passes: int, clock: str) -> dict[str, Any]:
    """What figures must have in common to stand in one file."""
    described = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "commit": described.stdout.strip(),
        "machine": {"processor": processor(), "python": platform.python_version()},
        "versions": {name: version(name) for name in ("onnxruntime", "openvino", "numpy", "tokenizers")},
        "peers": [(HERE / name).read_text(encoding="utf-8").splitlines() for name in ("peers.txt", "peers-rerank.txt")],
        "arms": sorted(arms),
        "passes": passes,
        "clock": clock,
    }


def race(
    arms: dict[str, str], directory: Path, pairs: Path, cores: int, passes: int, clock: str
) -> list[dict[str, Any]]:
    """All arms in turn, `passes` times, on this many cores."""

    def start(name: str, python: str) -> Arm:
        command = [python, str(HERE / "rerank_worker.py"), name, str(directory), str(pairs), str(cores)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return Arm(name, subprocess.Popen(command, text=True, **pipes), clock)

    running = [start(name, python) for name, python in arms.items()]
    try:
        # The first passes of each load and warm it. What cannot run here is left out, and the table says so.
        ready = [arm for arm in running if arm.run() and arm.run()]
        for arm in ready:
            arm.seconds.clear()
        for _ in range(passes):
            for arm in ready:
                arm.run()
    finally:
        for arm in running:
            arm.worker.kill()
    absent = [{"arm": arm.name, "ran": False} for arm in running if arm not in ready]
    return [row(arm, next(each for each in ready if each.name == DEFAULT)) for arm in ready] + absent


def row(arm: Arm, default: Arm) -> dict[str, Any]:
    """The figures of an arm."""
    exact, logits = np.array(default.logits), np.array(arm.logits)
    top = min(10, len(exact))
    best = [set(np.argsort(-values, kind="stable")[:top]) for values in (exact, logits)]
    return {
        "arm": arm.name,
        "ran": True,
        "ms_a_pair": median(arm.seconds) / len(logits) * 1000,
        "fastest_ms_a_pair": min(arm.seconds) / len(logits) * 1000,
        # Within one pass both were asked one after the other: the median of the passes' ratios shakes least.
        "times_default": median(slow / fast for slow, fast in zip(default.seconds, arm.seconds, strict=True)),
        "largest_change": float(np.abs(logits - exact).max()),
        "rms_change_in_deviations": float(np.sqrt(np.mean(np.square(logits - exact))) / exact.std()),
        "kendall": kendall(exact, logits),
        "top10": len(best[0] & best[1]) / top,
    }


def kendall(first: np.ndarray, second: np.ndarray) -> float:
    """Kendall's tau-a of two score lists."""
    signs = [np.sign(values[:, None] - values[None, :])[np.triu_indices(len(values), 1)] for values in (first, second)]
    return float((signs[0] * signs[1]).mean())


def show(rows: Sequence[dict[str, Any]], cores: int, pairs: int) -> None:
    """Print the table of one race."""
    print(f"\n{cores} core{'s' * (cores > 1)}, {pairs} pairs\n")
    print(
        "| arm | ms a pair | pairs/s | x default | largest Δ logit | rms Δ / deviation | τ | top 10 |\n"
        + "|---" * 8
        + "|"
    )
    for each in rows:
        if not each["ran"]:
            print(f"| {each['arm']} | did not run |" + " |" * 6)
            continue
        speed = f"{each['ms_a_pair']:.1f} | {1000 / each['ms_a_pair']:.1f} | {each['times_default']:.2f}"
        changes = f"{each['largest_change']:.1e} | {each['rms_change_in_deviations']:.1e}"
        print(f"| {each['arm']} | {speed} | {changes} | {each['kendall']:.4f} | {each['top10']:.2f} |", flush=True)


def export(python: str, directory: Path) -> None:
    """The plain ONNX export of a model, as sentence-transformers makes it, where it is missing."""
    file = directory / "onnx" / "model.onnx"
    if file.is_file():
        return
    program = (
        "import sys, shutil, tempfile; from pathlib import Path; from sentence_transformers import CrossEncoder\n"
        "model = CrossEncoder(sys.argv[1], backend='onnx', model_kwargs={'export': True}, device='cpu')\n"
        "place = Path(tempfile.mkdtemp()); model.save_pretrained(str(place)); made = next(place.rglob('*.onnx'))\n"
        "file = Path(sys.argv[2]); file.parent.mkdir(); shutil.copy(made, file)"
    )
    subprocess.run([python, "-c", program, str(directory), str(file)], check=True, capture_output=True)


def make_peers(requirements: str, place: Path) -> str:
    """The Python of a peers' environment, made where it is missing."""
    python = place / "bin" / "python"
    if not (place / "done").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(HERE / requirements)], check=True)
        (place / "done").touch()
    return str(python)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command with --out goes on after the last race that is in the file.")
