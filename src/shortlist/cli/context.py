"""`shortlist context`."""

from __future__ import annotations

import click

from shortlist.cli import options


@click.command(
    epilog="""\b
Examples:
  shortlist context "How do I rotate the signing key?" --budget 2000
  shortlist context "签名密钥怎么轮换?" --tokenizer ~/models/qwen/tokenizer.json
  shortlist context "retention" --json | jq .passages[].source
"""
)
@click.argument("query")
@options.index_option
@click.option("--budget", type=click.IntRange(min=1), default=4000, show_default=True, help="Tokens of the prompt.")
@click.option(
    "--tokenizer",
    default="default",
    show_default=True,
    metavar="NAME|FILE",
    help="Counts the tokens: the packaged encoder's, or the answering model's own tokenizer.json.",
)
@click.option(
    "--order",
    type=click.Choice(["best", "document"]),
    default="best",
    show_default=True,
    help="Best passage first, or each document's passages in reading order.",
)
@options.depth_option
@options.where_option
@options.method_option
@options.rerank_option
@options.model_option
@options.precision_option
@options.device_option
@options.json_option
def command(
    query: str,
    index_path: str,
    where: str | None,
    as_json: bool,
    **_: object,  # settings: `options.given` reads them
) -> None:
    """Pack what answers QUERY into BUDGET tokens, best first, with its sources.

    Standard output is the text for the prompt and nothing else; what was left out goes to standard error. What is not
    given is taken from SHORTLIST_* in the environment, then from `shortlist.toml`: `shortlist config`.
    """
    from shortlist.cli.show import show_context, show_json
    from shortlist.config import load_settings, pack_of
    from shortlist.library import Index
    from shortlist.shapes import context_shape

    settings = load_settings(options.given())
    pack = pack_of(settings)
    with Index.open(index_path, create=False, read_only=True) as index:
        context = pack(index.pipeline(settings, pack=False)(query, where=where))
        if as_json:
            show_json(context_shape(context))
        else:
            show_context(context)
