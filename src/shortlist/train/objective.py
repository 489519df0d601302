"""What the student is asked for: to rank each list as its teachers together do, by cosine and by MaxSim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, softmax

from shortlist.train.lists import TrainingList
from shortlist.train.plan import Plan
from shortlist.train.scores import SCORED
from shortlist.train.student import Student
from shortlist.train.targets import Targets

MEASURED = 12  # lists of a language that the scales are taken from
UNJUDGED = -1e4  # logit of a pair of which a teacher says nothing: it has no share in a softmax, and no gradient
Lists = Mapping[str, Sequence[TrainingList]]  # language → lists


class Objective:
    """The teachers' judgments on one scale: each part divided by its deviation within a query's list."""

    def __init__(self, targets: Targets, plan: Plan, lists: Lists) -> None:
        self.targets = targets
        self.plan = plan
        self.deviations = self._measured(lists)

    def target(self, each: TrainingList) -> Tensor:
        """Logits of the teachers together, [queries, passages]."""
        parts, weights = self.targets.of(each), self.plan.weights[each.language]
        total = sum(
            weight / self.deviations[f"{each.language}.{part}"] * torch.from_numpy(parts[part])
            for part, weight in weights.items()
        )
        logits = torch.as_tensor(total) * (self.plan.sharpness / sum(weights.values()))
        return logits.nan_to_num(nan=UNJUDGED)

    def losses(self, student: Student, each: TrainingList) -> tuple[Tensor, Tensor]:
        """Kullback-Leibler divergence from the teachers of the cosine and of MaxSim, nats a query."""
        target = self.target(each)
        unjudged, wanted = target <= UNJUDGED, softmax(target, dim=1)
        cosine, late = (
            kl_div(log_softmax((scores * sharp).masked_fill(unjudged, UNJUDGED), dim=1), wanted, reduction="batchmean")
            for scores, sharp in zip(student.scores(each), student.sharpness.exp(), strict=True)
        )
        return cosine, late

    def judge(self, student: Student, held_out: Lists) -> dict[str, list[float]]:
        """Mean divergence of cosine and of MaxSim on the lists held out, by language."""
        found: dict[str, list[float]] = {}
        with torch.no_grad():
            for language, some in held_out.items():
                pairs = [self.losses(student, each) for each in some]
                found[language] = [round(sum(float(pair[i]) for pair in pairs) / len(pairs), 4) for i in (0, 1)]
        return found

    def sharpen(self, student: Student, lists: Lists) -> None:
        """Start with the student's scores as spread out as the teachers'."""
        ratios: list[Tensor] = []
        with torch.no_grad():
            for each in [each for name, some in lists.items() if not name.endswith(SCORED) for each in some[:2]]:
                wanted = self.target(each).std(dim=1).mean()
                ratios.append(torch.stack([wanted / score.std(dim=1).mean() for score in student.scores(each)]).log())
            student.sharpness.copy_(torch.stack(ratios).mean(0))

    def _measured(self, lists: Lists) -> dict[str, float]:
        """The deviation of each part of the judgment, from the first lists of each language."""
        deviations: dict[str, float] = {}
        for language, some in lists.items():
            judged = [self.targets.of(each) for each in some[:MEASURED]]
            for part in self.plan.weights[language]:
                spread = [_deviation(parts[part]) for parts in judged]
                deviations[f"{language}.{part}"] = max(sum(spread) / len(spread), 1e-6)
        return deviations


def _deviation(scores: NDArray[np.float32]) -> float:
    """Within a query's list, averaged over the queries; pairs that were not judged do not count."""
    return float(np.nanstd(scores, axis=1).mean() if np.isnan(scores).any() else scores.std(axis=1).mean())
