"""`shortlist models`: list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shortlist.cli import options
from shortlist.cli.models import check, fetch, show

if TYPE_CHECKING:
    from rich.table import Table

    from shortlist.models.listing import ListedModel


class ModelsGroup(click.Group):
    """Says how a model is shown to who names one in place of a command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            known = ", ".join(self.commands)
            ctx.fail(
                f"There is no command {args[0]} (there are: {known}). To show a model: shortlist models show {args[0]}"
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=ModelsGroup,
    invoke_without_command=True,
    epilog="""\b
Examples:
  shortlist models
  shortlist models --json
  shortlist models fetch BAAI/bge-reranker-v2-m3
  shortlist rerank "签名密钥怎么轮换?" passages.txt --model BAAI/bge-reranker-v2-m3
""",
)
@options.json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the models: the packaged one, those that were fetched, and well-known ones of the Hugging Face hub.

    Wherever a model is asked for, its name fits as it stands here, as do the path of a model directory or an ONNX file.
    Only `fetch` opens a connection.
    """
    if ctx.invoked_subcommand is not None:
        return
    from shortlist.cli.show import console, show_json, show_table
    from shortlist.models.listing import list_models
    from shortlist.shapes import record_shape

    models = list_models()
    if as_json:
        show_json({"models": [record_shape(model) for model in models]})
        return
    show_table(table(models))
    console(stderr=True).print(
        "[dim]What a model needs: shortlist models show NAME. Get one: shortlist models fetch NAME[/dim]",
        highlight=False,
    )


def table(models: list[ListedModel]) -> Table:
    """A line a model; what cannot be used here is dim."""
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in ("name", "kind", "here"):
        shown.add_column(name, overflow="fold")
    for name in ("tokens", "parameters"):
        shown.add_column(name, justify="right")
    for name in ("languages", "licence"):
        shown.add_column(name, overflow="fold")
    for model in models:
        shown.add_row(
            model.name,
            "reranker" if model.kind == "cross-encoder" else "encoder",
            here(model),
            "" if model.max_tokens is None else str(model.max_tokens),
            "" if model.parameters is None else show.millions(model.parameters),
            " ".join(model.languages),
            model.licence,
            style=None if model.runtime else "dim",
        )
    return shown


def here(model: ListedModel) -> str:
    """Whether it is on this machine, and how large."""
    from shortlist.cli.show import megabytes

    if not model.runtime:
        return "does not run"
    return "" if model.bytes is None else f"{model.state}, {megabytes(model.bytes)}"


for each in (fetch.command, show.command, check.command):
    command.add_command(each)
