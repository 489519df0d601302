"""`shortlist demo`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.records import Context, Document, Ranking

QUESTIONS = (
    "How do I make sure a file is closed even if an error happens while reading it?",
    "run several blocking functions at the same time and collect their results",
    "怎么用 Python 比较两个列表，看看哪些行不一样？",  # Chinese, about the English text
    "为什么检索之后还要再看第二遍？",  # Chinese, about the Chinese guide
)
SHOWN = 5  # candidates a question


@click.command(
    epilog="""\b
Examples:
  shortlist demo
  shortlist demo --index python.shortlist     (keep the index and search it again)
"""
)
@click.option(
    "--index", "index_path", type=click.Path(file_okay=False), help="Where to keep the index; thrown away otherwise."
)
@click.option("--part", type=click.Choice(["all", "guide"]), default="all", help="All of the text, or the guide alone.")
@options.json_option
def command(index_path: str | None, part: str, as_json: bool) -> None:
    """See two-stage retrieval at work on the documentation inside this Python and a guide in Chinese.

    Indexes the text, asks four questions in two languages, and shows for each how the second look moved the
    candidates, what was packed for a prompt, and the time of each stage.
    """
    import tempfile
    from pathlib import Path

    from shortlist.demo import documents, guide

    texts = [guide("zh")] if part == "guide" else list(documents())
    if index_path is not None:
        run(Path(index_path), texts, as_json)
    else:
        with tempfile.TemporaryDirectory(prefix="shortlist-demo-") as folder:
            run(Path(folder) / "demo.shortlist", texts, as_json)


def run(path: Any, texts: list[Document], as_json: bool) -> None:
    """Index `texts` at `path`, ask the questions, show what came out."""
    from shortlist.cli.indexing import add_with_progress
    from shortlist.cli.show import console, show_json
    from shortlist.library import Index
    from shortlist.pack import Pack
    from shortlist.rerank import Rerank
    from shortlist.shapes import context_shape, ranking_shape

    screen = console()
    with Index.open(path) as index:
        if not as_json:
            screen.print(f"Indexing {len(texts)} documents: the documentation inside this Python, and our guide.")
        add_with_progress(index, texts)
        find = index.retrieve(depth=100) >> Rerank()
        pack = Pack(budget=600)
        answers = [(ranking, pack(ranking)) for ranking in map(find, QUESTIONS)]
    if as_json:
        show_json(
            {
                "questions": [
                    {"ranking": ranking_shape(ranking[:SHOWN]), "context": context_shape(context)}
                    for ranking, context in answers
                ]
            }
        )
        return
    for number, (ranking, context) in enumerate(answers, 1):
        show_answer(number, ranking, context)
    show_next_steps()


def show_answer(number: int, ranking: Ranking, context: Context) -> None:
    """One question: the candidates with where they stood before, the packed context, the times."""
    from rich.panel import Panel
    from rich.text import Text

    from shortlist.cli.show import console, inert, quantity, ranking_table

    screen = console()
    screen.print()
    screen.rule(Text(f"{number}. {ranking.query}", style="bold"), align="left")
    screen.print(ranking_table(ranking[:SHOWN], excerpt=160))
    screen.print(
        Panel(
            Text(inert(str(context))),
            title=f"what goes into the prompt: {quantity(len(context.passages), 'passage')}, "
            f"{context.tokens} of {context.budget} tokens",
            title_align="left",
            border_style="dim",
        )
    )
    screen.print(f"[dim]{times(context.timings_ms.items())}[/dim]", highlight=False)


def times(stages: Iterable[tuple[str, float]]) -> str:
    """ "retrieve 21 ms · rerank 9 ms · pack 4 ms" """
    return " · ".join(f"{stage} {ms:.0f} ms" for stage, ms in stages)


def show_next_steps() -> None:
    """What to type next."""
    from shortlist.cli.show import console

    screen = console()
    screen.print()
    screen.rule("[bold]Next", align="left")
    for line in (
        "shortlist index PATH…                 your own files and folders",
        'shortlist search "your question"      the passages that answer it',
        'shortlist context "your question"     the same, packed for a prompt',
        "shortlist --help                      everything else",
    ):
        screen.print(f"  {line}", markup=False, highlight=False)
