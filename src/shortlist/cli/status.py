"""`shortlist status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from shortlist.cli import options

if TYPE_CHECKING:
    from shortlist.rerank.fit import Fit

SAMPLE = 5000  # chunks whose tokens are counted: a second's work


@click.command(
    epilog="""\b
Examples:
  shortlist status
  shortlist status --index docs.shortlist --json
  shortlist status --model ~/models/bge-reranker-base       (how many chunks it cannot read at once)
"""
)
@options.index_option
@options.model_option
@options.json_option
def command(index_path: str, model: str, as_json: bool) -> None:
    """Say what an index holds: documents, chunks, languages, models, sizes, whether its caches are fresh, and how many
    chunks the reranker cannot read at once beside a question of usual length.
    """
    from shortlist.cli.show import facts_table, megabytes, show_json, show_notes, show_table
    from shortlist.index import Directory
    from shortlist.models import load_reranker
    from shortlist.rerank.fit import fit
    from shortlist.shapes import record_shape

    with Directory.open(index_path, create=False, read_only=True) as directory:
        status = directory.status()
        found = fit(load_reranker(model), directory.sample(SAMPLE))
    if as_json:
        show_json({**record_shape(status), "reranker": None if found is None else record_shape(found)})
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
                    "reranker": "" if found is None else reads(found, status.chunks),
                    "caches": "fresh" if status.caches_fresh else "behind; readers complete them by themselves",
                },
            )
        )
        show_notes(status.notes)


def reads(found: Fit, chunks: int) -> str:
    """How the chunks go together with the reranker's window."""
    beside = f" beside a question of {found.question}" if found.question else ""
    window = f"{found.model}, {found.room} tokens at once{beside}"
    if not found.longer:
        return f"{window}: every chunk fits"
    of = f"{found.looked_at}" if found.looked_at == chunks else f"a sample of {found.looked_at}"
    return f"{window}: {found.longer} chunks of {of} are longer and are read in windows"


def counted(counts: Mapping[str, int]) -> str:
    """ "120 en, 80 zh" """
    return ", ".join(f"{count} {name}" for name, count in counts.items())
