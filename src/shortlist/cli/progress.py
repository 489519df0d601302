"""Progress on long work: a bar with rate and remaining time on stderr, silent where nobody watches."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from shortlist.cli.show import console


class Advance(Protocol):
    """Tells the bar how far the work is."""

    def __call__(self, done: int, *, total: int | None = None, what: str | None = None) -> None:
        """`done` steps are done, of `total` where that is known; `what` is in hand now."""
        ...


@contextmanager
def progress(description: str, *, unit: str, total: int | None = None) -> Generator[Advance]:
    """A progress bar while the block runs.

    Args:
        description: what is being done.
        unit: what is counted, in the plural: "chunks".
        total: how many there will be; None where nobody knows.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    screen = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[what]}"),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(description, total=total, unit=unit, rate="", what="")

        def advance(done: int, *, total: int | None = None, what: str | None = None) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(
                task,
                completed=done,
                total=total if total is not None else bar.tasks[0].total,
                rate=f"{done / elapsed:.0f}/s" if elapsed > 1 else "",
                what=(what or "")[-40:],
            )

        yield advance


@contextmanager
def waiting(description: str) -> Generator[None]:
    """A turning sign and the time while the block runs, for work that cannot say how far it is.

    Args:
        description: what is being done.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    screen = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as sign:
        sign.add_task(description, total=None)
        yield
