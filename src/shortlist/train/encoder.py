"""Text and teachers in, a model directory out: this file tells the story and calls those beside it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from shortlist.errors import IndexBusy, TrainingProblem, UsageError
from shortlist.index.lock import writer_lock
from shortlist.models.facts import EncoderFacts
from shortlist.train.base import Base, open_base
from shortlist.train.bm25 import rarity_of
from shortlist.train.checkpoint import Progress, load_best
from shortlist.train.export.card import Lesson, Origin, model_card, stated_licence
from shortlist.train.export.directory import CALIBRATED, Export, Reference, write_export
from shortlist.train.export.late import KEPT, principal
from shortlist.train.lessons import Lessons, prepare
from shortlist.train.lists import TrainingList
from shortlist.train.loop import Watch, train
from shortlist.train.plan import SELF, Plan
from shortlist.train.recipe import Recipe, Trained
from shortlist.train.room import ask_for_room
from shortlist.train.scores import SCORED
from shortlist.train.student import LATE_LAYER, LONGEST_PASSAGE, Student
from shortlist.train.targets import Targets
from shortlist.train.teaching import Teachers, gather
from shortlist.train.tower import Tower, load_trunk

STEPS, ROUNDS = 600, 3  # the fewer of so many, and of those in which each list is met so often
LOOKS = 5  # at the lists held out without a gain: then it ends
SAMPLED = 32  # passages whose token vectors give the projection, where the model has none

Tell = Callable[[str], None]  # told what is done now


def train_encoder(recipe: Recipe, watch: Watch = lambda _: None, tell: Tell = lambda _: None) -> Trained:
    """Make an encoder that ranks as its teachers do, and write it to `recipe.out`.

    Called again after it was killed it goes on from the last checkpoint, and the same recipe on the same machine gives
    the same files to the last bit, however often that was.

    Raises:
        UsageError: there is nothing to learn from, `out` is there already, or its training had another recipe.
        ModelError: the base or a teacher cannot be loaded or used.
        NoRoomToTrain: the disk is full, or would be.
        TrainingProblem: the weights ran away, or another process trains the same.
        ParityFailed: the exported model is not the learnt one; nothing is written.
    """
    if recipe.out.exists():
        raise UsageError(f"{recipe.out} is there already. Give another --out, or move it away first.")
    base = open_base(recipe.base)
    tell("reading the text")
    lessons = prepare(recipe, base)
    plan = plan_of(recipe, lessons)
    with _alone(recipe.place):
        ask_for_room(recipe.place, _bytes_wanted(base, lessons, plan, 1 + len(recipe.teachers)))
        tell("loading the teachers")
        start = base.write(recipe.place / "base")
        teachers = gather(recipe, start, lessons)
        student = Student(start, torch.from_numpy(_projection(base, start, lessons)), len(base.weights.layers) // 3)
        plain = [each for name, some in lessons.lists.items() if not name.endswith(SCORED) for each in some]
        targets = Targets(recipe.place / "targets", teachers.judges, rarity_of(plain))
        tell("training")
        plan = replace(plan, weights=teachers.weights(lessons))
        progress = train(student, lessons, targets, plan, recipe.place, watch)
        load_best(student, recipe.place)
        tell("exporting")
        return _exported(recipe, base, lessons, teachers, student, progress)


@contextmanager
def _alone(place: Path) -> Generator[None]:
    """Nobody else may train here meanwhile."""
    try:
        with writer_lock(place, 0):
            yield
    except IndexBusy as busy:
        raise TrainingProblem(
            f"Process {busy.data.get('pid')} is training in {place}. Wait for it, or give another --out.",
            path=str(place),
        ) from busy


def plan_of(recipe: Recipe, lessons: Lessons) -> Plan:
    """How long, and how often to look."""
    steps = recipe.steps or min(STEPS, ROUNDS * max(map(len, lessons.lists.values())))
    return Plan(
        steps,
        rate=recipe.rate,
        warm=min(40, max(steps // 10, 1)),
        judge_every=min(50, max(steps // 10, 1)),
        patience=LOOKS,
        minutes=recipe.minutes,
    )


def _bytes_wanted(base: Base, lessons: Lessons, plan: Plan, towers: int) -> int:
    """Of what the teachers say, two checkpoints, the base in float32, the export."""
    judged = [each for some in (*lessons.lists.values(), *lessons.held_out.values()) for each in some[: plan.steps]]
    said = sum(2 * len(each.asked) * len(each.passages) for each in judged) * (2 * towers + 2)
    learning = 4 * sum(values.size for values in base.weights.tensors().values())
    return said + 10 * learning + 5 * base.weights.words.codes.size


def _projection(base: Base, start: Path, lessons: Lessons) -> NDArray[np.float32]:
    """The directions of token vectors that learning starts with."""
    if base.projection is not None:
        return base.projection
    tower = Tower(start, LATE_LAYER)
    texts = [text for some in lessons.texts.values() for text in some[:SAMPLED]]
    with torch.inference_mode():
        read = tower.encode(texts, "passage", LONGEST_PASSAGE)
    return principal([read.tokens[read.mask].numpy()], min(KEPT, base.weights.hidden))


def _exported(
    recipe: Recipe, base: Base, lessons: Lessons, teachers: Teachers, student: Student, progress: Progress
) -> Trained:
    learnt = student.learnt()
    itself = Origin("base", base.facts.name, _licence(base), tuple(lessons.texts), SELF)
    lesson = Lesson(
        origins=(itself, *teachers.origins),
        texts={
            name: (_passages(some), _passages(lessons.held_out.get(name, ()))) for name, some in lessons.lists.items()
        },
        left_out=lessons.left_out,
        steps=progress.step,
        best_step=progress.best_step,
        before=progress.first,
        after=progress.kept,
    )
    export = Export(
        weights=base.weights.learnt(learnt),
        tokenizer=base.tokenizer,
        projection=student.projection.detach().numpy().copy(),
        facts=_facts(recipe, base, lessons, teachers),
        reference=reference(recipe.place / "base", student),
        calibrate=[text for some in lessons.texts.values() for text in some[: CALIBRATED // len(lessons.texts)]],
        held_out=[(each.asked, each.passages) for some in lessons.held_out.values() for each in some],
        card=lambda parity, config: model_card(lesson, parity, config),
    )
    parity = write_export(export, recipe.out)
    heard = {name: tuple(sorted(languages)) for name, (_, languages) in teachers.heard.items()}
    return Trained(
        recipe.out, progress.step, progress.best_step, progress.first, progress.kept, heard, lessons.left_out, parity
    )


def reference(base: Path, student: Student) -> Reference:
    """The student in float32, as torch has it: token ids → unit vector."""
    model = load_trunk(base)
    model.load_state_dict(dict(zip(student.names, student.learning, strict=True)), strict=False)
    pooling = student.tower.pooling

    def vector(ids: Sequence[int]) -> NDArray[np.float32]:
        with torch.inference_mode():
            states: torch.Tensor = model(input_ids=torch.tensor([list(ids)])).last_hidden_state[0]
            return normalize(states[0] if pooling == "cls" else states.mean(dim=0), dim=-1).numpy()

    return vector


def _facts(recipe: Recipe, base: Base, lessons: Lessons, teachers: Teachers) -> EncoderFacts:
    learnt_from = ", ".join(origin.name for origin in teachers.origins) or "itself alone"
    return replace(
        base.facts,
        name=recipe.out.name,
        revision="",
        languages=base.facts.languages or tuple(lessons.texts),
        licence=recipe.licence,
        origin=f"{base.facts.name}, trained by shortlist train encoder; teachers: {learnt_from}",
        dimensions=base.weights.hidden,
        max_tokens=min(base.facts.max_tokens, len(base.weights.positions)),
    )


def _licence(base: Base) -> str:
    return base.facts.licence or stated_licence(base.directory)


def _passages(lists: Sequence[TrainingList]) -> int:
    return sum(len(each.passages) for each in lists)
