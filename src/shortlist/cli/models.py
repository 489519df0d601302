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
    from shortlist.cli.show import show_json
    from shortlist.models import describe
    from shortlist.shapes import model_shape

    models = [describe(path) for path in paths or ("default",)]
    if as_json:
        show_json({"models": [model_shape(model) for model in models]})
    else:
        show_models(models)
