"""`shortlist models`."""

from __future__ import annotations

import click

from shortlist.cli import options


@click.command(
    epilog="""\b
Examples:
  shortlist models
  shortlist models ~/models/bge-reranker-base
  shortlist models ~/models/my-encoder --json
"""
)
@click.argument("paths", nargs=-1, type=click.Path())
@options.json_option
def command(paths: tuple[str, ...], as_json: bool) -> None:
    """List the packaged models, or say what the model directories and ONNX files at PATHS are.

    A model that cannot be used is an error that says why.
    """
    from shortlist.cli.show import facts_table, megabytes, show_json, show_table
    from shortlist.models import describe
    from shortlist.shapes import record_shape

    models = [describe(path) for path in paths or ("default",)]
    if as_json:
        show_json({"models": [record_shape(model) for model in models]})
    else:
        for model in models:
            show_table(
                facts_table(
                    model.name,
                    {
                        "kind": model.kind,
                        "revision": model.revision,
                        "path": model.path,
                        "reads at once": f"{model.max_tokens} tokens",
                        "dimensions": "" if model.dimensions is None else str(model.dimensions),
                        "languages": ", ".join(model.languages),
                        "licence": model.licence,
                        "origin": model.origin,
                        "size": megabytes(model.bytes),
                    },
                )
            )
