"""The training itself: a step is one list of each language; checkpoints; exact resume."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, softmax

from shortlist.train.lists import TrainingList
from shortlist.train.student import Student
from shortlist.train.targets import Targets

WEIGHTS = {
    "en": {"teacher.cosine": 1.25, "teacher.maxsim": 1.25, "self.cosine": 1.0, "self.maxsim": 1.0},
    "zh": {"self.cosine": 1.0, "self.maxsim": 1.0, "bm25": 0.5},
}
MEASURED = 12  # lists of a language that the scales are taken from


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    steps: int
    rate: float = 5e-5
    warm: int = 40
    decay: float = 0.3  # share of the steps, at the end, in which the rate falls to nothing
    sharpness: float = 2.0  # of the target: logits a deviation
    checkpoint_every: int = 50
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: WEIGHTS)

    def rate_at(self, step: int) -> float:
        """Warm-up, level, then a straight fall (Hu et al. 2024, MiniCPM, section 4)."""
        falling = max(self.steps * self.decay, 1)
        return self.rate * min(1.0, (step + 1) / self.warm, (self.steps - step) / falling)


class Scales:
    """The deviation of each part of the judgment within a query's list, and targets made with them."""

    def __init__(self, deviations: Mapping[str, float], plan: Plan) -> None:
        self.deviations = dict(deviations)
        self.plan = plan

    @classmethod
    def measured(cls, lists: Mapping[str, Sequence[TrainingList]], targets: Targets, plan: Plan) -> Scales:
        """From the first lists of each language."""
        deviations: dict[str, float] = {}
        for language, some in lists.items():
            judged = [targets.of(each) for each in some[:MEASURED]]
            for part in plan.weights[language]:
                spread = [float(parts[part].std(axis=1).mean()) for parts in judged]
                deviations[f"{language}.{part}"] = sum(spread) / len(spread)
        return cls(deviations, plan)

    def target(self, each: TrainingList, targets: Targets) -> Tensor:
        """Logits of the teachers together, [queries, passages]."""
        parts, weights = targets.of(each), self.plan.weights[each.language]
        total = sum(
            weight / self.deviations[f"{each.language}.{part}"] * torch.from_numpy(parts[part])
            for part, weight in weights.items()
        )
        return torch.as_tensor(total) * (self.plan.sharpness / sum(weights.values()))


def losses(student: Student, each: TrainingList, target: Tensor) -> tuple[Tensor, Tensor]:
    """Kullback-Leibler divergence from the teachers of the cosine and of MaxSim, nats a query."""
    wanted = softmax(target, dim=1)
    cosine, late = student.scores(each)
    sharp = student.sharpness.exp()
    first = kl_div(log_softmax(cosine * sharp[0], dim=1), wanted, reduction="batchmean")
    return first, kl_div(log_softmax(late * sharp[1], dim=1), wanted, reduction="batchmean")


def train(
    student: Student,
    lists: Mapping[str, Sequence[TrainingList]],
    held_out: Mapping[str, Sequence[TrainingList]],
    targets: Targets,
    plan: Plan,
    directory: Path,
) -> None:
    """Train to the plan's last step, from the newest checkpoint in `directory` if there is one."""
    scales = Scales.measured(lists, targets, plan)
    _sharpen(student, lists, scales, targets)
    optimizer = torch.optim.AdamW(
        [
            {"params": student.learning, "times": 1.0},
            {"params": [student.projection], "times": 4.0},
            {"params": [student.sharpness], "times": 20.0},
        ],
        lr=plan.rate,
        betas=(0.9, 0.98),
        weight_decay=0.0,
    )
    step = resume(student, optimizer, directory)
    log = (directory / "log.jsonl").open("a", encoding="utf-8")
    started, begun = time.time(), step
    while step < plan.steps:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate_at(step) * group["times"]
        line: dict[str, float] = {"step": step}
        for language, some in lists.items():
            each = some[step % len(some)]
            parts = losses(student, each, scales.target(each, targets))
            (parts[0] + parts[1]).backward()
            line |= {f"{language}.cosine": float(parts[0].detach()), f"{language}.maxsim": float(parts[1].detach())}
        line["norm"] = student.collect()
        optimizer.step()
        optimizer.zero_grad()
        student.spread()
        step += 1
        line["seconds"] = time.time() - started
        log.write(json.dumps({key: round(value, 4) for key, value in line.items()}) + "\n")
        log.flush()
        if step % plan.checkpoint_every == 0 or step == plan.steps:
            save(student, optimizer, step, directory)
            judged = judge(student, held_out, scales, targets)
            left = (plan.steps - step) * (time.time() - started) / (step - begun)
            print(f"step {step} of {plan.steps}, {left / 60:.0f} minutes left: held out {judged}", flush=True)
            log.write(json.dumps({"step": step, "held_out": judged}) + "\n")


def judge(
    student: Student, held_out: Mapping[str, Sequence[TrainingList]], scales: Scales, targets: Targets
) -> dict[str, list[float]]:
    """Mean divergence of cosine and of MaxSim on the lists held out, by language."""
    found: dict[str, list[float]] = {}
    with torch.no_grad():
        for language, some in held_out.items():
            pairs = [losses(student, each, scales.target(each, targets)) for each in some]
            found[language] = [round(float(sum(pair[i] for pair in pairs)) / len(pairs), 4) for i in (0, 1)]
    return found


def _sharpen(student: Student, lists: Mapping[str, Sequence[TrainingList]], scales: Scales, targets: Targets) -> None:
    """Start with the student's scores as spread out as the teachers'."""
    ratios: list[Tensor] = []
    with torch.no_grad():
        for each in [some[i] for some in lists.values() for i in range(2)]:
            wanted = scales.target(each, targets).std(dim=1).mean()
            ratios.append(torch.stack([wanted / score.std(dim=1).mean() for score in student.scores(each)]).log())
        student.sharpness.copy_(torch.stack(ratios).mean(0))


def save(student: Student, optimizer: torch.optim.Optimizer, step: int, directory: Path) -> None:
    """Write the checkpoint whole, then in the old one's place."""
    unfinished = directory / "checkpoint.tmp"
    state = {
        "step": step,
        "learning": student.learning,
        "projection": student.projection,
        "sharpness": student.sharpness,
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, unfinished)
    unfinished.replace(directory / "checkpoint.pt")


def resume(student: Student, optimizer: torch.optim.Optimizer, directory: Path) -> int:
    """Take up the checkpoint in `directory`; gives the steps that were done."""
    file = directory / "checkpoint.pt"
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    with torch.no_grad():
        for mine, stored in zip(student.learning, state["learning"], strict=True):
            mine.copy_(stored)
        student.projection.copy_(state["projection"])
        student.sharpness.copy_(state["sharpness"])
    optimizer.load_state_dict(state["optimizer"])
    student.spread()
    return int(state["step"])
