"""`shortlist completion`."""

from __future__ import annotations

import click


@click.command(
    epilog="""\b
Examples:
  shortlist completion bash >> ~/.bashrc
  shortlist completion zsh >> ~/.zshrc
  shortlist completion fish > ~/.config/fish/completions/shortlist.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that turns on tab completion in SHELL."""
    from click.shell_completion import get_completion_class

    from shortlist.cli.group import shortlist

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"No completion is known for {shell}.")
    click.echo(completion(shortlist, {}, "shortlist", "_SHORTLIST_COMPLETE").source())
