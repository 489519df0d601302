"""What a person sees in a terminal, and what a program reads from a pipe. Results go to stdout, all else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from shortlist.records import Candidate, Context, Note, Ranking, page_range
from shortlist.text import matched_spans

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from shortlist.config import Setting

EXCERPT = 420  # code points of a passage shown in a table: about five lines


def to_terminal() -> bool:
    """Whether a person reads the output."""
    return sys.stdout.isatty()


def show_json(shape: Mapping[str, Any]) -> None:
    """One JSON document."""
    click.echo(json.dumps(shape, ensure_ascii=False, indent=2))


def show_jsonl(shapes: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    for shape in shapes:
        click.echo(json.dumps(shape, ensure_ascii=False))


def show_ranking(ranking: Ranking, *, total: int) -> None:
    """The table of a ranking on stdout; how many there were, the times and the notes on stderr."""
    notes = console(stderr=True)
    if ranking:
        console().print(ranking_table(ranking))
        times = ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in ranking.timings_ms.items())
        notes.print(f"[dim]{len(ranking)} of {quantity(total, 'candidate')} · {times}[/dim]", highlight=False)
    else:
        notes.print("Nothing was found.")
    show_notes(ranking.notes)


def ranking_table(ranking: Ranking, *, excerpt: int = EXCERPT) -> Table:
    """Rank, rank before, relevance or score, and the passage with its source and page, matched words lit."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), expand=True)
    table.add_column("rank", justify="right", style="bold")
    table.add_column("was", justify="right", style="dim")
    calibrated = any(candidate.relevance is not None for candidate in ranking)
    table.add_column("relevance" if calibrated else ranking.scored_by or "score", justify="right")
    table.add_column("passage", ratio=1, overflow="fold")  # Chinese has no blanks to break at
    for candidate in ranking:
        score = candidate.relevance if calibrated else candidate.scores.get(ranking.scored_by)
        table.add_row(
            str(candidate.rank),
            moved(candidate),
            "–" if score is None else f"{score:.2f}",
            passage_text(ranking.query, candidate, excerpt),
        )
    return table


def moved(candidate: Candidate) -> str:
    """Where the candidate stood before the last stage, with an arrow for the way it went."""
    before = candidate.rank_before
    if before is None:
        return ""
    arrow = "↑" if before > candidate.rank else "↓" if before < candidate.rank else " "
    return f"{before}{arrow}"


def passage_text(query: str, candidate: Candidate, excerpt: int) -> Text:
    """Source, page and heading path in one line, then the beginning of the passage, matched words lit."""
    from rich.text import Text

    chunk = candidate.chunk
    where = inert(chunk.place)
    if chunk.page is not None:
        where += f":{page_range(chunk.page, chunk.page_end)}"
    path = "".join(f" › {inert(part)}" for part in chunk.heading_path)
    text = Text()
    if not chunk.doc_id.isdigit() or chunk.source:  # a bare line of a file has no name worth showing
        text.append(where, style="cyan").append(path, style="dim").append("\n")
    shown = excerpt_of(query, chunk.text, excerpt)
    lit = Text(shown)
    for start, end in matched_spans(query, shown):
        lit.stylize("bold yellow", start, end)
    return text.append_text(lit)


def excerpt_of(query: str, text: str, length: int) -> str:
    """A few lines of the passage on one line, beginning near the first match where the passage is long."""
    text = " ".join(inert(text).split())
    if len(text) <= length:
        return text
    spans = matched_spans(query, text)
    start = max(0, min(spans[0][0] - 60, len(text) - length)) if spans else 0
    return ("… " if start else "") + text[start : start + length] + ("…" if start + length < len(text) else "")


def inert(text: str) -> str:
    """The text without control characters: retrieved text must not steer a terminal."""
    return "".join(character if character.isprintable() or character.isspace() else "�" for character in text)


def show_context(context: Context) -> None:
    """The text for the prompt on stdout; a summary on stderr."""
    click.echo(inert(context.text) if to_terminal() else context.text)
    notes = console(stderr=True)
    notes.print(
        f"[dim]{quantity(len(context.passages), 'passage')}, {context.tokens} of {context.budget} tokens; "
        f"{quantity(len(context.dropped), 'candidate')} left out[/dim]",
        highlight=False,
    )
    show_notes(context.notes)


def facts_table(name: str, facts: Mapping[str, str]) -> Table:
    """A name and what is known of it, a line each; what is not known is left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(name, style="bold"), title_justify="left", show_header=False, box=None, padding=(0, 1))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for label, fact in facts.items():
        if fact:
            table.add_row(label, Text(fact))
    return table


def settings_table(settings: Iterable[Setting]) -> Table:
    """What is set, with where it came from; what is as by default stands back."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("setting", no_wrap=True)
    for heading in ("value", "from"):
        table.add_column(heading, overflow="fold")
    for setting in settings:
        if setting.value is None:
            continue
        shown = str(setting.value).lower() if isinstance(setting.value, bool) else str(setting.value)
        style = "dim" if setting.origin == "default" else ""
        table.add_row(*(Text(inert(cell), style) for cell in (setting.name, shown, setting.origin)))
    return table


def show_table(table: Table) -> None:
    """A table on stdout."""
    console().print(table)


def quantity(number: int, thing: str) -> str:
    """ "1 passage", "2 passages" """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def megabytes(size: int) -> str:
    """ "34.1 MB" """
    return f"{size / 1e6:.1f} MB"


def show_notes(notes: Iterable[Note]) -> None:
    """What the user should know, on stderr."""
    for note in notes:
        console(stderr=True).print(f"note: {note.message}", style="yellow", markup=False, highlight=False)


def console(*, stderr: bool = False) -> Any:
    """A rich console; honours NO_COLOR and a pipe."""
    from rich.console import Console

    return Console(stderr=stderr)
