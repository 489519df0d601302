"""`shortlist models`: list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shortlist.cli import options
from shortlist.cli.models import check, fetch, show

if TYPE_CHECKING:
    from rich.table import Table

    from shortlist.models.listing import ListedModel


HERE, UNUSABLE = "✓", "✗"


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
    for title, kind in (("Rerankers", "cross-encoder"), ("Encoders", "encoder")):
        show_table(table(title, [model for model in models if model.kind == kind]))
        click.echo()
    legend = f"{HERE} on this machine, {UNUSABLE} nothing here runs it. What a model needs: shortlist models show NAME"
    console(stderr=True).print(f"[dim]{legend}[/dim]", highlight=False)


def table(title: str, models: list[ListedModel]) -> Table:
    """A line a model, its name never broken; what cannot be used here is dim."""
    from rich.table import Table
    from rich.text import Text

    # Narrow enough for 80 columns.
    shown = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("name", no_wrap=True)
    shown.add_column("here")
    shown.add_column("tokens", justify="right")
    shown.add_column("size", justify="right")
    shown.add_column("lang", overflow="fold")
    shown.add_column("licence", overflow="fold")
    for model in models:
        shown.add_row(
            model.name,
            HERE if model.state != "known" else "" if model.runtime else UNUSABLE,
            "" if model.max_tokens is None else str(model.max_tokens),
            "" if model.parameters is None else show.millions(model.parameters),
            "many" if model.languages == ("multilingual",) else " ".join(model.languages),
            model.licence,
            style=None if model.runtime else "dim",
        )
    return shown


for each in (fetch.command, show.command, check.command):
    command.add_command(each)
