"""How long and how fast a model learns, and whose word counts for how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shortlist.records import NOTHING

ITSELF, FILE = "self", "scores"  # names of teachers: the model as it was, a file of scores
SELF, TEACHER, WORDS = 1.0, 1.25, 0.5  # weights: of the model as it was, of a teacher, of BM25


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast."""

    steps: int
    rate: float = 5e-5
    warm: int = 40
    decay: float = 0.3  # share of the steps, at the end, in which the rate falls to nothing
    sharpness: float = 2.0  # of the target: logits a deviation
    judge_every: int = 50  # steps between two looks at the lists held out
    save_every_s: float = 180.0  # seconds between two checkpoints, at most
    patience: int | None = None  # ends after so many looks without a gain; None: never
    minutes: float | None = None  # fewer steps, where they would take longer than this
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: NOTHING)  # language → part → weight

    def rate_at(self, step: int, steps: int) -> float:
        """Warm-up, level, then a straight fall (Hu et al. 2024, MiniCPM, section 4)."""
        falling = max(steps * self.decay, 1)
        return self.rate * min(1.0, (step + 1) / self.warm, (steps - step) / falling)

    def looks_at(self, step: int, steps: int) -> bool:
        """Whether the lists held out are looked at after `step` of `steps`."""
        return step % self.judge_every == 0 or step == steps


def weights_of(
    languages: Sequence[str], teachers: Mapping[str, tuple[float, frozenset[str]]]
) -> dict[str, dict[str, float]]:
    """The weight of each part of the judgment, by language.

    The model as it was always has a say: a teacher alone would make it forget what it knows better. In a language
    that no teacher reads, BM25 speaks beside it.

    Args:
        languages: of the lists.
        teachers: name → its weight beside the others and the languages that it reads.
    """
    weights: dict[str, dict[str, float]] = {}
    for language in languages:
        heard = {name: TEACHER * weight for name, (weight, reads) in teachers.items() if language in reads}
        parts = {part: weight for name, weight in heard.items() for part in parts_of(name)}
        parts |= dict.fromkeys(parts_of(ITSELF), SELF)
        weights[language] = parts if heard else parts | {"bm25": WORDS}
    return weights


def parts_of(teacher: str) -> list[str]:
    """The parts of a teacher's judgment; a file of scores has one."""
    return [teacher] if teacher == FILE else [f"{teacher}.{kind}" for kind in ("cosine", "maxsim")]
