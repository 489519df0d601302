"""Text → the lists to learn from and those held out, made once and kept beside the checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from shortlist.errors import UsageError
from shortlist.train.base import Base
from shortlist.train.lists import TrainingList, load_lists, make_lists, save_lists
from shortlist.train.reading import TrainingText, read_text
from shortlist.train.recipe import Recipe
from shortlist.train.scores import SCORED, read_scores, score_lists
from shortlist.train.units import CHINESE, ENGLISH

LIST = {ENGLISH: (48, 32), CHINESE: (28, 16)}  # passages, queries of a list
JOINED = 3  # passages that now and then are read as one long one
FEWEST = 64  # passages of a language
HELD_OUT = 6  # lists of each language, at most
OF_EIGHT = 8  # lists, one is held out
SETTINGS, LEFT_OUT = "settings.json", "left-out.json"


@dataclass(frozen=True, slots=True)
class Lessons:
    """Lists by language; "-scored" ends the language of those that a file of scores judges."""

    lists: dict[str, list[TrainingList]]
    held_out: dict[str, list[TrainingList]]
    left_out: Mapping[str, int]  # passages, by why

    @property
    def texts(self) -> dict[str, list[str]]:
        """Passages and queries of each language, for judging which languages a model reads."""
        plain = {name: some for name, some in self.lists.items() if not name.endswith(SCORED)}
        return {
            name: [text for each in some for text in (*each.passages[:8], *each.judged[:8])]
            for name, some in plain.items()
        }


def prepare(recipe: Recipe, base: Base) -> Lessons:
    """The lists of a recipe: those in its place if they are there, else made now.

    Raises:
        ReadError: a path that is not there.
        UsageError: there is nothing to learn from, or the place holds the lists of another recipe.
    """
    place = recipe.place
    settings = _settings(recipe, base)
    if (place / SETTINGS).is_file():
        _refuse_others(json.loads((place / SETTINGS).read_text(encoding="utf-8")), settings, recipe)
        return _load(place)
    lessons = _made(recipe, base)
    place.mkdir(parents=True, exist_ok=True)
    for language, some in lessons.lists.items():
        save_lists(some, place / f"{language}.jsonl")
        save_lists(lessons.held_out.get(language, []), place / f"{language}-held-out.jsonl")
    (place / LEFT_OUT).write_text(json.dumps(dict(lessons.left_out)) + "\n", encoding="utf-8")
    # Last: where the settings are, all else is.
    (place / SETTINGS).write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return _load(place)


def _made(recipe: Recipe, base: Base) -> Lessons:
    text = read_text(recipe.texts, base.tokenizer, base.facts.unknown_limit)
    lists, left_out = _lists(text, recipe)
    if recipe.scores is not None:
        for each in score_lists(read_scores(Path(recipe.scores))):
            lists.setdefault(each.language, []).append(each)
    held = {name: min(HELD_OUT, max(len(some) // OF_EIGHT, not name.endswith(SCORED))) for name, some in lists.items()}
    return Lessons(
        {name: some[held[name] :] for name, some in lists.items()},
        {name: some[: held[name]] for name, some in lists.items() if held[name]},
        left_out,
    )


def _lists(text: TrainingText, recipe: Recipe) -> tuple[dict[str, list[TrainingList]], dict[str, int]]:
    lists: dict[str, list[TrainingList]] = {}
    left_out = dict(text.left_out)
    for language, (most, queries) in LIST.items():
        units = [unit for unit in text.units if unit.language == language]
        if len(units) < FEWEST:
            if units:
                left_out[f'in "{language}", of which there are too few'] = len(units)
            continue
        passages = min(most, len(units) // OF_EIGHT)
        lists[language] = make_lists(
            units, passages=passages, queries=min(queries, passages), longest=JOINED, seed=recipe.seed
        )
    if not lists:
        raise UsageError(
            f"There are {len(text.units)} passages to learn from in {', '.join(recipe.texts)}; at least {FEWEST} of "
            "one language are needed, and thousands are better. Give more text.",
            left_out=left_out,
        )
    return lists, left_out


def _load(place: Path) -> Lessons:
    lists: dict[str, list[TrainingList]] = {}
    held_out: dict[str, list[TrainingList]] = {}
    for language in (name + ending for ending in ("", SCORED) for name in LIST):
        if (place / f"{language}.jsonl").is_file():
            lists[language] = load_lists(place / f"{language}.jsonl")
            held = load_lists(place / f"{language}-held-out.jsonl")
            held_out |= {language: held} if held else {}
    return Lessons(lists, held_out, json.loads((place / LEFT_OUT).read_text(encoding="utf-8")))


def _settings(recipe: Recipe, base: Base) -> dict[str, object]:
    """All that the result depends on, but for the text's content: the lists made from it are kept."""
    asked = {name: value for name, value in asdict(recipe).items() if name not in ("out", "licence")}
    return json.loads(json.dumps({**asked, "base": [recipe.base, base.facts.revision]}))


def _refuse_others(held: Mapping[str, object], asked: Mapping[str, object], recipe: Recipe) -> None:
    other: Sequence[str] = sorted(name for name in asked if held.get(name) != asked[name])
    if other:
        raise UsageError(
            f"{recipe.place} holds an unfinished training with other {', '.join(other)} than are asked for now. Type "
            "the command as it was to go on, or give another --out, or remove that directory.",
            other=other,
        )
