"""`shortlist status`."""

from __future__ import annotations

from collections.abc import Mapping

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
    from shortlist.cli.show import facts_table, megabytes, show_json, show_notes, show_table
    from shortlist.index import Directory
    from shortlist.shapes import record_shape

    with Directory.open(index_path, create=False, read_only=True) as directory:
        status = directory.status()
    if as_json:
        show_json(record_shape(status))
    else:
        show_table(
            facts_table(
                status.path,
                {
                    "documents": str(status.documents),
                    "chunks": f"{status.chunks}, the largest of {status.largest_chunk_tokens} tokens",
                    "languages": counted(status.languages),
                    "formats": counted(status.formats),
                    "metadata": ", ".join(status.fields),
                    "encoder": f"{status.encoder} {status.encoder_revision}".strip(),
                    "size": ", ".join(f"{part} {megabytes(size)}" for part, size in status.bytes.items()),
                    "caches": "fresh" if status.caches_fresh else "behind; readers complete them by themselves",
                },
            )
        )
        show_notes(status.notes)


def counted(counts: Mapping[str, int]) -> str:
    """ "120 en, 80 zh" """
    return ", ".join(f"{count} {name}" for name, count in counts.items())
