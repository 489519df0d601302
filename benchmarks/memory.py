"""Resident memory over many calls with texts of random lengths, and over one very long passage.

    python benchmarks/memory.py [--calls 100000] [--few 5000] [--arms NAME ...] [--out FILE.jsonl] [--plot FILE.svg]

Every arm is a process of its own. Rerankers are asked with one to three passages a call, encoders with one text;
lengths are log-normal, a twentieth of the texts are empty, one in a thousand has 50,000 characters. Small arms (2
layers of 48: the allocators meet the same lengths at a hundredth of the cost) make --calls calls, the others --few;
some calls of a reranker are under a deadline, some of adaptive depth. OpenVINO prepares itself for each shape of
batch when it first meets it and keeps that, so a bf16 arm meets all of them before its first call. After the first
fifth a line is fitted to the resident memory: its slope is what a call leaves behind. "peak" is by how much the most
that was ever resident rose since. Each sample is added to --out as it comes, and --plot can be drawn again from it.
Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

import shortlist as sl
from memory_plot import Sample, draw
from rerank_inputs import SHAPES, documentation, make_model
from shortlist.models import CrossEncoderModel, Encoder
from shortlist.models.graphs.open import BF16
from shortlist.models.runtimes.precision import Mode

SMALL, WHOLE = "2x48", "6x384"
MODES: dict[str, Mode] = {"exact": "exact", "int8": "int8", "bf16": "bf16"}
# The packaged encoder, one that reads the small cross-encoder's weights without their head, and the rerankers.
ARMS = (*(f"{SMALL}:{mode}" for mode in MODES), f"{SMALL}:encoder", *(f"{WHOLE}:{mode}" for mode in MODES), "encoder")
SAMPLES = 200  # of each arm
SETTLED = 0.2  # the share of the calls that is not looked at: the allocators still meet new lengths
LONG_SHARE, LONG = 0.001, 50_000
QUERY = "How do I run several tasks at the same time?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=5000, help="calls of the arms that are not small")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS, metavar="NAME", help=", ".join(ARMS))
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--megabytes", type=float, default=10, help="the very long passage, in million characters")
    parser.add_argument("--cache", type=Path, default=Path(".cache/rerank"))
    parser.add_argument("--out", type=Path, help="samples, one JSON line each; arms that it holds are not run again")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    text = prepared(given.cache)
    if given.worker:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
        work(given.worker, given.cache, text, given.calls)
        return
    held = read(given.out)
    print("| arm | calls | resident after a fifth, MB | at the end, MB | bytes a call | peak, MB |")
    print("|---" * 6 + "|")
    for arm in given.arms:
        calls = given.calls if arm.startswith(SMALL) else given.few
        if arm not in held:
            held[arm] = run(arm, calls, given.cores, given.cache, given.out)
        show(arm, held[arm])
    if given.plot:
        given.plot.parent.mkdir(parents=True, exist_ok=True)
        given.plot.write_text(draw(held), encoding="utf-8")
    if given.megabytes:
        long_passage(sl.load_cross_encoder(given.cache / SMALL), text, given.megabytes)


def prepared(cache: Path) -> str:
    """The running Python's documentation as one text; beside it, on disk, the models."""
    SHAPES.setdefault(SMALL, (2, 48))
    texts = list(documentation())
    for shape in (SMALL, WHOLE):
        if not (cache / shape / "model.safetensors").is_file():
            make_model(cache / shape, texts, shape)
    return "\n".join(texts)


def run(arm: str, calls: int, cores: int, cache: Path, out: Path | None) -> list[Sample]:
    """The samples of one arm, from a process of its own."""
    command = [sys.executable, __file__, "--worker", arm, "--calls", calls, "--cores", cores, "--cache", cache]
    samples: list[Sample] = []
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        for line in worker.stdout:
            sample = Sample(**json.loads(line))
            samples.append(sample)
            if out:
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"arm": arm, **json.loads(line)}) + "\n")
    if worker.returncode:
        raise SystemExit(f"{arm} stopped after {samples[-1].calls if samples else 0} calls.")
    return samples


def read(out: Path | None) -> dict[str, list[Sample]]:
    """The arms of an earlier run that came to their end."""
    held: dict[str, list[Sample]] = {}
    for line in out.read_text(encoding="utf-8").splitlines() if out and out.is_file() else []:
        sample = json.loads(line)
        held.setdefault(sample.pop("arm"), []).append(Sample(**sample))
    return {arm: samples for arm, samples in held.items() if len(samples) >= SAMPLES}


def work(arm: str, cache: Path, text: str, calls: int) -> None:
    """Make the calls of one arm; a line of JSON each time that one of SAMPLES parts is done."""
    call = asked(arm, cache)
    drawn = random.Random(0)
    for done in range(1, calls + 1):
        call(done, drawn, text)
        if done % max(calls // SAMPLES, 1) == 0:
            print(json.dumps({"calls": done, "resident_mb": resident_mb(), "peak_mb": peak_mb()}), flush=True)


def asked(arm: str, cache: Path) -> Callable[[int, random.Random, str], object]:
    """One call of an arm, by its number."""
    shape, _, kind = arm.partition(":")
    if "encoder" in (shape, kind):
        encoder: Encoder = sl.load_encoder("default" if shape == "encoder" else str(cache / shape))
        return lambda _, drawn, text: encoder.encode(list(passages(drawn, text, 1)), "passage")
    model = sl.load_cross_encoder(cache / shape, MODES[kind])
    if kind == "bf16":
        every_shape(model)
    stages = [sl.Rerank(model), sl.Rerank(model, deadline_ms=20), sl.Rerank(model, risk=0.1, windows="mean")]

    def rerank(number: int, drawn: random.Random, text: str) -> object:
        return drawn.choice(stages)(f"{QUERY} {number}", passages(drawn, text, drawn.randint(1, 3)))

    return rerank


def every_shape(model: CrossEncoderModel) -> None:
    """Have batches of every number of rows and every length computed once; on stderr, what they took."""
    query, before, shapes = [2000], resident_mb(), 0
    for length in range(BF16.step, model.max_tokens + 1, BF16.step):
        for rows in range(1, BF16.size(length) + 1):
            room = length - model.tokenizer.pair_specials - len(query)
            model.score_ids(query, [[1000 + row] * room for row in range(rows)])
            shapes += 1
    print(f"{shapes} shapes of batches: {resident_mb() - before:+.1f} MB", file=sys.stderr)


def passages(drawn: random.Random, text: str, count: int) -> Iterator[str]:
    """Parts of the text."""
    for _ in range(count):
        length = int(drawn.lognormvariate(5.5, 1.0)) if drawn.random() > 0.05 else 0
        length = LONG if drawn.random() < LONG_SHARE else length
        start = drawn.randrange(len(text) - length)
        yield text[start : start + length]


def show(arm: str, samples: Sequence[Sample]) -> None:
    """The row of an arm."""
    border = int(SETTLED * len(samples))
    settled = samples[border:]
    grown = max(sample.peak_mb for sample in settled) - max(sample.peak_mb for sample in samples[: border + 1])
    slope = np.polyfit([sample.calls for sample in settled], [sample.resident_mb * 1e6 for sample in settled], 1)[0]
    first, last = settled[0], settled[-1]  # the kernel's own counts are not quite exact: a peak may seem to fall
    print(
        f"| {arm} | {last.calls:,} | {first.resident_mb:.1f} | {last.resident_mb:.1f} | {slope:+.1f} | {grown:+.1f} |",
        flush=True,
    )


def long_passage(model: CrossEncoderModel, text: str, megabytes: float) -> None:
    """What one passage of so many million characters takes beyond what is there."""
    length = int(megabytes * 1e6)
    passage = (text * (length // len(text) + 1))[:length]
    before = peak_mb()
    [candidate] = sl.Rerank(model, guard=False, on_error="raise")(QUERY, [passage])
    window = candidate.window
    assert window is not None
    print(
        f"\na passage of {length:,} characters: {window.tokens:,} tokens in {window.windows:,} windows, all read; "
        f"the peak grew by {peak_mb() - before:.0f} MB"
    )


def resident_mb() -> float:
    """Resident memory now."""
    return _status("VmRSS")


def peak_mb() -> float:
    """The most that was ever resident."""
    return _status("VmHWM")


def _status(name: str) -> float:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
