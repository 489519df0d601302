"""`shortlist train`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.cli.progress import Advance
    from shortlist.train import Trained
    from shortlist.train.loop import Look, Watch


class Weighted(click.ParamType[tuple[str, float]]):
    """A directory, and its weight behind "="."""

    name = "teacher"

    def convert(
        self, value: str | tuple[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """The directory as it was given and its weight, 1 where none is given."""
        if isinstance(value, tuple):
            return value
        directory, sign, weight = value.rpartition("=")
        if not sign or Path(value).is_dir():
            return value, 1.0
        try:
            number = float(weight)
        except ValueError:
            self.fail(f"{weight!r} is no weight. Give DIR=1.5.", param, ctx)
        if not 0 < number < float("inf"):
            self.fail(f"The weight {weight} is not above 0. Give DIR=1.5.", param, ctx)
        return directory, number


@click.group()
def command() -> None:
    """Make better models from your own text. Needs the extra `train`: pip install 'shortlist[train]'."""


@command.command(
    epilog="""\b
Examples:
  shortlist train encoder handbook/ --teacher ~/models/all-mpnet-base-v2 --out my-encoder
  shortlist train encoder questions.jsonl "docs/**/*.md" --teacher A=2 --teacher B --out my-encoder
  shortlist train encoder pairs.jsonl.gz --scores cross-encoder.jsonl --minutes 60 --out my-encoder
"""
)
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option(
    "--teacher",
    "teachers",
    type=Weighted(),
    multiple=True,
    metavar="DIR[=WEIGHT]",
    help="Hugging Face directory of an encoder to learn from; may be given several times.",
)
@click.option(
    "--scores",
    type=click.Path(exists=True, dir_okay=False),
    help='JSON Lines of "query", "passage", "score" to learn from, whatever made them.',
)
@click.option(
    "--base",
    default="default",
    show_default=True,
    metavar="DIR",
    help="What to start from: the packaged encoder, one trained here, or a Hugging Face directory of type bert.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Model directory to write.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    help="How many, at most; if not given, three rounds over the text and 600 at most.",
)
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="Take fewer steps, to end after about so long."
)
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), default=5e-5, show_default=True, help="Learning rate."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of how lists are drawn.")
@click.option("--licence", default="", help="Of the new model, for its card.")
@options.json_option
def encoder(
    texts: tuple[str, ...],
    teachers: tuple[tuple[str, float], ...],
    scores: str | None,
    base: str,
    out: Path,
    steps: int | None,
    minutes: float | None,
    rate: float,
    seed: int,
    licence: str,
    as_json: bool,
) -> None:
    """Train an encoder on TEXT to rank as stronger, slower ones do, and write it to --out for `--encoder`.

    TEXT are JSON Lines (.gz too) with "query" and "positive" a line, or just "text"; or any files, folders and globs
    that `shortlist index` reads. Headings become queries, and sentences cut from the passages.

    Each teacher is heard in the languages that its vocabulary can spell, and the model as it was always: so it keeps
    what it knows. Without a teacher it learns late interaction, and BM25's judgment, from the text alone.

    Type the same command again to go on after an interruption: beside --out stands OUT.training with checkpoints.
    """
    from shortlist.cli.progress import progress
    from shortlist.cli.show import show_json
    from shortlist.errors import need

    for module in ("torch", "transformers"):
        need(module, extra="train")
    from shortlist.train import Recipe
    from shortlist.train.encoder import train_encoder

    recipe = Recipe(
        texts,
        out.resolve(),
        teachers,
        scores,
        base,
        steps=steps,
        minutes=minutes,
        rate=rate,
        licence=licence,
        seed=seed,
    )
    with progress("training", unit="steps") as advance:
        trained = train_encoder(recipe, watch_with(advance), tell)
    if as_json:
        show_json(trained_shape(trained))
    else:
        show_trained(trained)


def tell(what: str) -> None:
    """A line on stderr for what is done now."""
    from shortlist.cli.show import console

    console(stderr=True).print(f"{what} …", style="dim", highlight=False)


def watch_with(advance: Advance) -> Watch:
    """The bar, and a line on stderr at each look at the lists held out: a run of hours is read in a log file."""

    def watch(look: Look) -> None:
        from shortlist.cli.show import console

        advance(look.step, total=look.steps)
        if look.held_out is not None:
            judged = ", ".join(f"{name} {sum(pair) / len(pair):.4f}" for name, pair in look.held_out.items())
            left = f", {look.left_s / 60:.0f} minutes left" if look.step else ""
            line = f"step {look.step} of {look.steps}{left}: divergence on text held out {judged}"
            console(stderr=True).print(line, highlight=False)

    return watch


def trained_shape(trained: Trained) -> dict[str, object]:
    """What `train encoder --json` prints."""
    return {
        "path": str(trained.path),
        "steps": trained.steps,
        "best_step": trained.best_step,
        "before": {language: list(pair) for language, pair in trained.before.items()},
        "after": {language: list(pair) for language, pair in trained.after.items()},
        "teachers": {name: list(languages) for name, languages in trained.heard.items()},
        "left_out": dict(trained.left_out),
        "parity": {"texts": trained.parity.texts, "mean": trained.parity.mean, "least": trained.parity.least},
    }


def show_trained(trained: Trained) -> None:
    """What a person wants to know of it."""
    from shortlist.cli.show import facts_table, show_table

    change = {
        f"{language}: divergence from the teachers": f"{_mean(trained.before[language]):.4f} → {_mean(after):.4f}"
        for language, after in trained.after.items()
    }
    heard = {f"{name} was heard in": ", ".join(languages) for name, languages in trained.heard.items()}
    facts = {
        "steps": f"{trained.steps}, the best after {trained.best_step}",
        **heard,
        **change,
        "cosine to the model before rounding": f"mean {trained.parity.mean:.4f}, least {trained.parity.least:.4f}",
        "use it with": f"shortlist index --encoder {trained.path} …",
    }
    show_table(facts_table(str(trained.path), facts))


def _mean(pair: Sequence[float]) -> float:
    return sum(pair) / len(pair)
