"""`shortlist models show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shortlist.cli import options
from shortlist.cli.names import complete_models

if TYPE_CHECKING:
    from shortlist.models import ModelInfo

RUNS = {"onnx": "onnxruntime", "torch": "torch: pip install 'shortlist[torch]'", "": "nothing here"}


@click.command(
    name="show",
    epilog="""\b
Examples:
  shortlist models show BAAI/bge-reranker-v2-m3
  shortlist models show ~/models/my-encoder --json
""",
)
@click.argument("names", nargs=-1, required=True, metavar="MODEL…", shell_complete=complete_models)
@options.json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """Say what a model is and what it needs.

    MODEL is "default", a name of the hub, or a model directory or ONNX file. One that is on this machine is loaded, so
    that one which cannot be used is an error that says why; of the others, what the catalogue knows is shown.
    """
    from shortlist.cli.show import facts_table, show_json, show_table
    from shortlist.models import describe
    from shortlist.shapes import record_shape

    models = [describe(name) for name in names]
    if as_json:
        show_json({"models": [record_shape(model) for model in models]})
        return
    for model in models:
        show_table(facts_table(model.name, facts(model)))


def facts(model: ModelInfo) -> dict[str, str]:
    """What is shown of a model; what is not known is empty."""
    from shortlist.cli.show import megabytes

    forbids = " (forbids commercial use)" if model.commercial is False else ""
    return {
        "kind": model.kind,
        "revision": model.revision,
        "commit": model.commit,
        "path": model.path or ("" if not model.runtime else f"not fetched: shortlist models fetch {model.name}"),
        "runs on": RUNS[model.runtime],
        "reads at once": f"{model.max_tokens} tokens",
        "dimensions": "" if model.dimensions is None else str(model.dimensions),
        "pooling": model.pooling,
        **{f"before a {kind}": f'"{prefix}"' for kind, prefix in model.prefixes.items()},
        "instruction": model.prompt,
        "score": {"sigmoid": "logit; its sigmoid is between 0 and 1", "none": "logit"}.get(model.activation, ""),
        "languages": ", ".join(model.languages),
        "licence": model.licence + forbids,
        "origin": model.origin,
        "parameters": "" if model.parameters is None else millions(model.parameters),
        "size": "" if model.bytes is None else megabytes(model.bytes),
        "stored checks": str(model.checks or ""),
        "note": model.note,
    }


def millions(parameters: int) -> str:
    """ "278 M" """
    return f"{parameters / 1e6:.3g} M" if parameters < 1e9 else f"{parameters / 1e9:.3g} B"
