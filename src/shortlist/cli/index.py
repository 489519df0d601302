"""`shortlist index`."""

from __future__ import annotations

import sys

import click

from shortlist.cli import options
from shortlist.cli.names import complete_models


@click.command(
    epilog="""\b
Examples:
  shortlist index handbook/ notes.pdf
  shortlist index "docs/**/*.md" --index docs.shortlist
  shortlist index handbook/ --sync         (also forget files that are gone)
  shortlist index faq.csv --text-field answer --title-field question
  cat notes.txt | shortlist index -
  shortlist index --rebuild                (terms and vectors anew from the records)
"""
)
@click.argument("paths", nargs=-1, metavar="PATH…")
@options.index_option
@click.option("--sync", is_flag=True, help="Make the index follow the folders: files that are gone are deleted.")
@click.option("--delete", "deleted", multiple=True, metavar="ID", help="Delete a document by its id; repeatable.")
@click.option("--rebuild", is_flag=True, help="Make the term and vector indexes anew; nothing is encoded again.")
@click.option(
    "--encoder",
    default="default",
    show_default=True,
    metavar="NAME|DIR",
    shell_complete=complete_models,
    help="Encoder of the vectors: the packaged one, a directory or ONNX file, or the name of a fetched one.",
)
@click.option("--chunk-size", type=click.IntRange(min=16), help="Tokens a chunk may have.")
@click.option("--text-field", default="", help="Column of CSV, TSV and JSONL that holds the text.")
@click.option("--id-field", default="", help="Column that holds the id.")
@click.option("--title-field", default="", help="Column that holds the title.")
@click.option("--encoding", default="", help="Encoding of text files; detected, if not given.")
@click.option("--wait", default=10.0, show_default=True, help="Seconds to wait for another writer.")
@click.option("--strict", is_flag=True, help="Exit with 3 where a file could not be read.")
@options.json_option
def command(
    paths: tuple[str, ...],
    index_path: str,
    sync: bool,
    deleted: tuple[str, ...],
    rebuild: bool,
    encoder: str,
    chunk_size: int | None,
    text_field: str,
    id_field: str,
    title_field: str,
    encoding: str,
    wait: float,
    strict: bool,
    as_json: bool,
) -> None:
    """Read files, folders and globs into an index; unchanged documents cost nothing.

    Reads PDF, DOCX, PPTX, XLSX, HTML, EPUB, Markdown, RST, text, CSV, TSV, JSON, JSONL, Jupyter notebooks, mail and
    source code. `.gitignore` is respected; hidden and binary files are skipped and counted. "-" is standard input.
    Ctrl-C keeps what was done.
    """
    from shortlist.cli.indexing import add_paths_with_progress, added_shape, show_added, total
    from shortlist.cli.show import show_json
    from shortlist.index import AddReport
    from shortlist.library import Added, Index
    from shortlist.read import ReadOptions

    if not (paths or deleted or rebuild):
        raise click.UsageError("Nothing to do was named. Give files or folders: shortlist index handbook/")
    fields = ReadOptions(text_field=text_field, id_field=id_field, title_field=title_field, encoding=encoding)
    done: list[Added] = []
    with Index.open(index_path, encoder=encoder, chunk_size=chunk_size, create=bool(paths), wait_s=wait) as index:
        if deleted:
            done.append(Added(AddReport(deleted=index.delete(*deleted)), ()))
        if paths:
            done.append(add_paths_with_progress(index, list(paths), fields, sync=sync))
        if rebuild:
            index.rebuild()
    added = total(done)
    if as_json:
        show_json(added_shape(added))
    else:
        show_added(added)
    if strict and any(skipped.failed for skipped in added.skipped):
        sys.exit(3)
