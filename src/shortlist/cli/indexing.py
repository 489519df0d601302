"""Adding to an index with a progress bar, and the summary at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from shortlist.cli.progress import progress
from shortlist.cli.show import console, quantity
from shortlist.records import Document

if TYPE_CHECKING:
    from shortlist.library import Added, Index
    from shortlist.read import ReadOptions, Skipped

FAILURES_SHOWN = 20


def add_with_progress(index: Index, documents: list[Document]) -> Added:
    """Add documents; the bar counts those that are on disk."""
    with progress("indexing", unit="documents", total=len(documents)) as advance:
        return index.add(documents, on_progress=lambda _chunks, done: advance(done))


def add_paths_with_progress(index: Index, paths: list[str], options: ReadOptions, *, sync: bool) -> Added:
    """Add files and folders (or make the index follow them); the bar counts files."""
    from shortlist.read import list_files

    total = None if "-" in paths else len(list_files(paths, options))
    files: set[str] = set()
    with progress("indexing", unit="files", total=total) as advance:

        def on_read(read: Document | Skipped) -> None:
            name = read.source if isinstance(read, Document) else read.path
            files.add(name)
            advance(len(files) - 1, what=name)

        act = index.sync if sync else index.add
        return act(*paths, options=options, on_read=on_read)


def total(parts: list[Added]) -> Added:
    """Several steps of one command as one summary."""
    from shortlist.index import AddReport
    from shortlist.library import Added

    reports = [part.report for part in parts]
    return Added(
        AddReport(
            added=sum(report.added for report in reports),
            updated=sum(report.updated for report in reports),
            unchanged=sum(report.unchanged for report in reports),
            deleted=sum(report.deleted for report in reports),
            chunks=sum(report.chunks for report in reports),
            encoded=sum(report.encoded for report in reports),
            notes=tuple(note for report in reports for note in report.notes),
        ),
        tuple(skipped for part in parts for skipped in part.skipped),
    )


def show_added(added: Added) -> None:
    """The summary, on stderr: what was done, what was skipped by reason, which files failed and why."""
    screen = console(stderr=True)
    report = added.report
    counts = ("added", report.added), ("updated", report.updated), ("unchanged", report.unchanged)
    done = ", ".join(f"{count} {what}" for what, count in (*counts, ("deleted", report.deleted)) if count)
    screen.print(f"{done or 'nothing to do'}; {quantity(report.chunks, 'chunk')} written", highlight=False)
    reasons = Counter(skipped.reason for skipped in added.skipped)
    if reasons:
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        screen.print(f"[dim]skipped: {listed}[/dim]", highlight=False)
    failed = [skipped for skipped in added.skipped if skipped.failed]
    for skipped in failed[:FAILURES_SHOWN]:
        screen.print(f"not read: {skipped.message}", style="yellow", markup=False, highlight=False)
    if len(failed) > FAILURES_SHOWN:
        screen.print(f"… and {len(failed) - FAILURES_SHOWN} more: --json lists all", style="yellow")


def added_shape(added: Added) -> dict[str, Any]:
    """The summary as `index --json` prints it."""
    from shortlist.shapes import notes_shape

    report = added.report
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "chunks": report.chunks,
        "skipped": [
            {"path": skipped.path, "line": skipped.line, "reason": skipped.reason, "message": skipped.message}
            for skipped in added.skipped
        ],
        "notes": notes_shape(report.notes),
    }
