"""The training itself: a step is one list of each language."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import torch

from shortlist.errors import TrainingProblem
from shortlist.train.checkpoint import Progress, load_state, save_best, save_state
from shortlist.train.lessons import Lessons
from shortlist.train.objective import Lists, Objective
from shortlist.train.plan import Plan
from shortlist.train.student import Student
from shortlist.train.targets import Targets

PACED = 10  # steps after which the pace is known


@dataclass(frozen=True, slots=True)
class Look:
    """What a watcher is told after each step."""

    step: int
    steps: int
    left_s: float  # seconds, at the pace of this process
    held_out: dict[str, list[float]] | None  # divergence of cosine and MaxSim by language, where it was looked at


Watch = Callable[[Look], None]


def train(
    student: Student,
    lessons: Lessons,
    targets: Targets,
    plan: Plan,
    directory: Path,
    watch: Watch = lambda _: None,
) -> Progress:
    """Train to the plan's last step, from the newest checkpoint in `directory` if there is one.

    The student ends with the weights of the last step; the best ones stand in best.pt (see .checkpoint). What is
    computed does not depend on where it was interrupted.

    Raises:
        NoRoomToTrain: the disk is full.
        TrainingProblem: the weights have become no numbers.
    """
    objective = Objective(targets, plan, lessons.lists)
    objective.sharpen(student, lessons.lists)
    optimizer = optimizer_of(student, plan)
    progress = load_state(student, optimizer, directory, plan.steps)
    if plan.minutes is None:
        progress.steps = plan.steps
    with (directory / "log.jsonl").open("a", encoding="utf-8") as log:

        def look() -> dict[str, list[float]]:
            """Judge the lists held out, and keep the weights where they are the best so far."""
            judged = objective.judge(student, lessons.held_out)
            _write(log, {"step": progress.step, "held_out": judged})
            if progress.looked(judged):
                save_best(student, directory)
            return judged

        if not progress.first:
            watch(Look(progress.step, progress.steps, 0.0, look()))
        started, begun, saved = time.time(), progress.step, time.time()
        while not progress.over(plan.patience):
            line = step(student, lessons.lists, objective, optimizer, progress)
            spent = time.time() - started
            pace = spent / (progress.step - begun)
            _write(log, {**{name: round(value, 4) for name, value in line.items()}, "seconds": round(spent, 2)})
            if plan.minutes is not None and progress.step == PACED:
                progress.steps = max(min(plan.steps, int(plan.minutes * 60 / pace)), PACED)
            judged = look() if plan.looks_at(progress.step, progress.steps) else None
            if judged is not None or time.time() - saved > plan.save_every_s:
                save_state(student, optimizer, progress, directory)
                saved = time.time()
            watch(Look(progress.step, progress.steps, (progress.steps - progress.step) * pace, judged))
    return progress


def step(
    student: Student, lists: Lists, objective: Objective, optimizer: torch.optim.Optimizer, progress: Progress
) -> dict[str, float]:
    """Learn from one list of each language; gives the divergences and the norm of the gradient.

    Raises:
        TrainingProblem: the gradient is no number.
    """
    for group in optimizer.param_groups:
        group["lr"] = objective.plan.rate_at(progress.step, progress.steps) * group["times"]
    line: dict[str, float] = {"step": progress.step}
    for language, some in lists.items():
        parts = objective.losses(student, some[progress.step % len(some)])
        (parts[0] + parts[1]).backward()
        line |= {f"{language}.cosine": float(parts[0].detach()), f"{language}.maxsim": float(parts[1].detach())}
    line["norm"] = student.collect()
    if not math.isfinite(line["norm"]):
        raise TrainingProblem(
            f"At step {progress.step} the gradient is no number any more: the weights have run away. "
            "Begin anew, in another --out, with a lower --rate.",
            step=progress.step,
        )
    optimizer.step()
    optimizer.zero_grad()
    student.spread()
    progress.step += 1
    return line


def optimizer_of(student: Student, plan: Plan) -> torch.optim.AdamW:
    """The projection and the sharpness are few numbers that start far from where they belong: they go faster."""
    groups = [
        {"params": student.learning, "times": 1.0},
        {"params": [student.projection], "times": 4.0},
        {"params": [student.sharpness], "times": 20.0},
    ]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)


def _write(log: TextIO, line: Mapping[str, object]) -> None:
    log.write(json.dumps(line) + "\n")
    log.flush()
