"""Tab completion of model names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def complete_models(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names that begin so: the packaged model, those on this machine, the well-known; else files and directories."""
    from click.shell_completion import CompletionItem

    from shortlist.models.listing import list_models

    found = [
        CompletionItem(model.name, help=f"{model.kind}, {model.state}")
        for model in list_models()
        if model.name.casefold().startswith(incomplete.casefold())
    ]
    return found or [CompletionItem(incomplete, type="file")]


def complete_fetchable(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of well-known models that are not on this machine and run here."""
    from click.shell_completion import CompletionItem

    from shortlist.models.listing import list_models

    return [
        CompletionItem(model.name, help=model.kind)
        for model in list_models()
        if model.state == "known" and model.runtime and model.name.casefold().startswith(incomplete.casefold())
    ]
