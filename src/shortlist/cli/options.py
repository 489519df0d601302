"""Options that several commands share, worded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from shortlist.cli.names import complete_models

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def configured_index() -> str:
    """The index that `shortlist.toml` names, or the one by default."""
    from shortlist.config import load_settings

    return str(load_settings()["index"])


index_option = click.option(
    "--index",
    "index_path",
    type=click.Path(file_okay=False),
    default=configured_index,
    envvar="SHORTLIST_INDEX",
    show_default="index.shortlist",
    show_envvar=True,
    help="Directory of the index.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (docs/json.md), for programs.")
where_option = click.option(
    "--where", metavar="SQL", help="Only chunks whose metadata match, such as \"year >= 2024 AND lang = 'zh'\"."
)
depth_option = click.option(
    "--depth", type=click.IntRange(min=1), default=100, show_default=True, help="Candidates of the longlist."
)
method_option = click.option(
    "--method",
    type=click.Choice(["hybrid", "bm25", "dense"]),
    default="hybrid",
    show_default=True,
    help="First stage: BM25 and vectors fused, or one of them alone.",
)
model_option = click.option(
    "--model",
    default="default",
    show_default=True,
    metavar="NAME|DIR",
    shell_complete=complete_models,
    help="Reranker: the packaged one, the directory or ONNX file of a model, the name of a fetched one, or one that "
    "others run: cohere:MODEL, tei:URL, llm:MODEL …",
)
precision_option = click.option(
    "--precision",
    type=click.Choice(["exact", "fast", "bf16", "int8"]),
    default="exact",
    show_default=True,
    help="How exactly a cross-encoder computes: float32, or the fastest that this processor is made for.",
)
device_option = click.option(
    "--device",
    default="cpu",
    show_default=True,
    metavar="cpu|cuda|cuda:N",
    help="Where a cross-encoder or causal reranker runs: the processor, or a GPU (docs/models.md).",
)
rerank_option = click.option("--rerank/--no-rerank", default=True, show_default=True, help="Take the second look.")


class WindowsChoice(click.ParamType[str | int]):
    """A word, or a number of windows; whether the word is known is the library's to say."""

    name = "windows"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """The number where it is one."""
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in ("best", "first", "mean") if word.startswith(incomplete)]


windows_option = click.option(
    "--windows",
    type=WindowsChoice(),
    default="best",
    show_default=True,
    metavar="best|first|mean|N",
    help="How the windows of a passage longer than the model reads at once count: N is the mean of the best N.",
)


# Parameter → setting: what is not given on the command line is taken from the environment and `shortlist.toml`.
SETTINGS = {
    "depth": "pipeline.retrieve.depth",
    "method": "pipeline.retrieve.method",
    "rerank": "pipeline.rerank",
    "model": "pipeline.rerank.model",
    "precision": "pipeline.rerank.precision",
    "device": "pipeline.rerank.device",
    "budget": "pipeline.pack.budget",
    "tokenizer": "pipeline.pack.tokenizer",
    "order": "pipeline.pack.order",
}


def given() -> dict[str, str | int | float | bool]:
    """What was typed of the command's settings, by their names."""
    context = click.get_current_context()
    typed = (name for name in SETTINGS if context.get_parameter_source(name) is ParameterSource.COMMANDLINE)
    return {SETTINGS[name]: context.params[name] for name in typed}
