"""The shipped encoder learns: the lists of .texts, mpnet as the teacher of English, the base as its own.

    python -m training.encoder.run base/ all-mpnet-base-v2/ lists/ out/ [--start DIR] [--steps 420] [--targets-only]

Checkpoints stand in out/; the same command goes on from the last one. A later round begins with the weights of --start,
and the base still has its say. With --targets-only it computes what the teachers say, ahead of another process that
trains.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from training.encoder import FROZEN

from shortlist.train.bm25 import rarity_of
from shortlist.train.lessons import Lessons
from shortlist.train.lists import TrainingList, load_lists
from shortlist.train.loop import Look, train
from shortlist.train.plan import Plan, weights_of
from shortlist.train.student import Student
from shortlist.train.targets import Targets, Teacher
from shortlist.train.tower import Tower

LANGUAGES = ("en", "zh")
DEFAULT = Path(__file__).parents[2] / "src" / "shortlist" / "models" / "default"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "teacher", "lists", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--start", type=Path, help="a directory like the base's, to begin with (default: the base)")
    parser.add_argument("--steps", type=int, default=420)
    parser.add_argument("--rate", type=float, default=5e-5, help="of learning (default: %(default)s)")
    parser.add_argument("--targets-only", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    lists = {language: load_lists(asked.lists / f"{language}.jsonl") for language in LANGUAGES}
    held_out = {language: load_lists(asked.lists / f"{language}-held-out.jsonl") for language in LANGUAGES}
    targets = Targets(
        asked.out / "targets", teachers(asked.base, asked.teacher), rarity_of([*lists["en"], *lists["zh"]])
    )
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.targets_only:
        ahead(lists, targets, asked.steps)
        return
    projection = torch.from_numpy(np.load(DEFAULT / "projection.npy"))
    weights = weights_of(LANGUAGES, {"teacher": (1.0, frozenset({"en"}))})
    plan = Plan(asked.steps, asked.rate, weights=weights)
    train(
        Student(asked.start or asked.base, projection, FROZEN),
        Lessons(lists, held_out, {}),
        targets,
        plan,
        asked.out,
        show,
    )


def teachers(base: Path, teacher: Path) -> list[Teacher]:
    """The base itself for both languages, the other one for English."""
    return [
        Teacher("self", Tower(base), frozenset(LANGUAGES)),
        Teacher("teacher", Tower(teacher), frozenset({"en"})),
    ]


def show(look: Look) -> None:
    """A line at each look at the lists held out."""
    if look.held_out is not None:
        print(f"step {look.step} of {look.steps}, {look.left_s / 60:.0f} minutes left: {look.held_out}", flush=True)


def ahead(lists: dict[str, list[TrainingList]], targets: Targets, steps: int) -> None:
    """Every judgment that training will ask for, the last first, so that a process that trains meets it half-way."""
    for step in reversed(range(steps)):
        for some in lists.values():
            targets.of(some[step % len(some)])
        if step % 20 == 0:
            print(f"judged from step {step} to {steps}", flush=True)


if __name__ == "__main__":
    main()
