"""Who teaches: the model as it was, the given models in the languages that they read, a file of scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shortlist.errors import UsageError
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.train.export.card import Origin, stated_licence
from shortlist.train.lessons import Lessons
from shortlist.train.plan import FILE, ITSELF, weights_of
from shortlist.train.readable import languages_read
from shortlist.train.recipe import Recipe
from shortlist.train.scores import SCORED, ScoreFile, read_scores
from shortlist.train.targets import Judge, Teacher
from shortlist.train.tower import Tower


@dataclass(frozen=True, slots=True)
class Teachers:
    """All that judge, where each is heard, and with what weight."""

    judges: tuple[Judge, ...]
    heard: dict[str, tuple[float, frozenset[str]]]  # without the model itself
    origins: tuple[Origin, ...]

    def weights(self, lessons: Lessons) -> dict[str, dict[str, float]]:
        """The weight of each part of the judgment, by language."""
        return weights_of(list(lessons.lists), self.heard)


def gather(recipe: Recipe, base: Path, lessons: Lessons) -> Teachers:
    """Load the teachers.

    Args:
        recipe: names them.
        base: the model as it was, as a Hugging Face directory.
        lessons: whose text tells which languages a teacher reads.

    Raises:
        ModelError: one cannot be loaded or run.
        UsageError: one reads no language of the text.
    """
    judges: list[Judge] = [Teacher(ITSELF, Tower(base), frozenset(lessons.lists))]
    heard: dict[str, tuple[float, frozenset[str]]] = {}
    origins: list[Origin] = []
    for directory, weight in ((Path(given), weight) for given, weight in recipe.teachers):
        name = _new_name(directory, heard)
        languages = languages_read(ModelTokenizer.load(directory), lessons.texts)
        if not languages:
            raise UsageError(
                f"The vocabulary of the teacher {directory} can spell no language of the text "
                f"({', '.join(lessons.texts)}). Give one that reads it.",
                path=str(directory),
            )
        judges.append(Teacher(name, Tower(directory), languages))
        heard[name] = (weight, languages)
        origins.append(Origin("teacher", directory.name, stated_licence(directory), tuple(sorted(languages)), weight))
    if recipe.scores is not None:
        scored = frozenset(name for name in lessons.lists if name.endswith(SCORED))
        judges.append(ScoreFile(read_scores(Path(recipe.scores)), scored))
        heard[FILE] = (1.0, scored)
        languages = tuple(sorted(name.removesuffix(SCORED) for name in scored))
        origins.append(Origin("teacher", Path(recipe.scores).name, "", languages, 1.0))
    return Teachers(tuple(judges), heard, tuple(origins))


def _new_name(directory: Path, taken: dict[str, tuple[float, frozenset[str]]]) -> str:
    name, n = directory.resolve().name, 2
    stem = name
    while name in taken or name in (ITSELF, FILE):
        name, n = f"{stem}-{n}", n + 1
    return name
