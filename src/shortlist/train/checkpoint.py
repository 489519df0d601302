"""The state of a training on disk: what a killed one goes on from, and the best that it has been."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from shortlist.train.room import write_whole
from shortlist.train.student import Student

STATE, BEST = "checkpoint.pt", "best.pt"


@dataclass
class Progress:
    """How far a training is."""

    steps: int  # that it will have
    step: int = 0  # done
    best: float = float("inf")  # least divergence on the lists held out
    best_step: int = 0
    looks: int = 0  # at the lists held out since then
    first: dict[str, list[float]] = field(default_factory=dict[str, list[float]])  # what the first look saw
    kept: dict[str, list[float]] = field(default_factory=dict[str, list[float]])  # what the best one saw

    def looked(self, judged: dict[str, list[float]]) -> bool:
        """Note a look at the lists held out (see Objective.judge); whether it was the best so far.

        Looks are compared by their mean over languages and both scores.
        """
        divergence = sum(sum(pair) / len(pair) for pair in judged.values()) / len(judged)
        better = divergence < self.best
        if better:
            self.best, self.best_step, self.kept = divergence, self.step, judged
        self.first = self.first or judged
        self.looks = 0 if better else self.looks + 1
        return better

    def over(self, patience: int | None) -> bool:
        """Whether there is nothing left to do, or nothing to gain."""
        return self.step >= self.steps or (patience is not None and self.looks >= patience)


def save_state(student: Student, optimizer: torch.optim.Optimizer, progress: Progress, directory: Path) -> None:
    """Write the checkpoint whole, then in the old one's place.

    Raises:
        NoRoomToTrain: the disk is full; the old one is still there.
    """
    state = {
        **_weights(student),
        "step": progress.step,
        "optimizer": optimizer.state_dict(),
        "progress": asdict(progress),
    }
    _save(state, directory / STATE)


def load_state(student: Student, optimizer: torch.optim.Optimizer, directory: Path, steps: int) -> Progress:
    """Take up the checkpoint in `directory`, or begin with the first of `steps` steps."""
    if not (directory / STATE).exists():
        return Progress(steps)
    state: Any = torch.load(directory / STATE, weights_only=True)
    student.restore(state["learning"], state["projection"], state["sharpness"])
    optimizer.load_state_dict(state["optimizer"])
    held: dict[str, Any] = {"steps": steps, "step": int(state["step"])} | state.get("progress", {})
    return Progress(**held)


def save_best(student: Student, directory: Path) -> None:
    """Keep the weights as they are now as the best ones.

    Raises:
        NoRoomToTrain: the disk is full.
    """
    _save(_weights(student), directory / BEST)


def load_best(student: Student, directory: Path) -> None:
    """Go back to the best weights."""
    state: Any = torch.load(directory / BEST, weights_only=True)
    student.restore(state["learning"], state["projection"], state["sharpness"])


def _weights(student: Student) -> dict[str, object]:
    return {"learning": student.learning, "projection": student.projection, "sharpness": student.sharpness}


def _save(state: dict[str, object], file: Path) -> None:
    held = io.BytesIO()
    torch.save(state, held)
    write_whole(file, held.getbuffer())
