"""`shortlist status`."""

from __future__ import annotations

import click

from shortlist.cli import options


@click.command(
    epilog="""\b
Examples:
  shortlist status
  shortlist status --index docs.shortlist --json
"""
)
@options.index_option
@options.json_option
def command(index_path: str, as_json: bool) -> None:
    """Say what an index holds: documents, chunks, languages, models, sizes, and whether its caches are fresh."""
    from shortlist.cli.show import show_json, show_status
    from shortlist.index import Directory
    from shortlist.shapes import status_shape

    with Directory.open(index_path, create=False, read_only=True) as directory:
        status = directory.status()
    if as_json:
        show_json(status_shape(status))
    else:
        show_status(index_path, status)
