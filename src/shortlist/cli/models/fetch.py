"""`shortlist models fetch`."""

from __future__ import annotations

import click

from shortlist.cli.names import complete_fetchable


@click.command(
    name="fetch",
    epilog="""\b
Examples:
  shortlist models fetch BAAI/bge-reranker-v2-m3
  shortlist models fetch cross-encoder/ms-marco-MiniLM-L6-v2 BAAI/bge-small-zh-v1.5
  shortlist models fetch BAAI/bge-reranker-base@main
  shortlist models fetch Qwen/Qwen3-8B --tokenizer
  HF_ENDPOINT=https://hf-mirror.com shortlist models fetch BAAI/bge-reranker-base
""",
)
@click.argument("names", nargs=-1, required=True, metavar="NAME…", shell_complete=complete_fetchable)
@click.option("--tokenizer", "tokenizer_only", is_flag=True, help="Only what it takes to count a model's tokens.")
def command(names: tuple[str, ...], tokenizer_only: bool) -> None:
    """Fetch models of the Hugging Face hub; from then on they work offline, by their names.

    NAME may end in "@" and a branch, tag or commit. What is fetched is pinned to its commit until it is fetched again.
    Only settings, tokenizer and weights come, never code; what a stop left is completed. The directory of each model
    goes to standard output.

    HF_ENDPOINT names a mirror, HF_TOKEN opens private models, HF_HUB_CACHE says where models lie, HTTPS_PROXY is used.
    """
    from shortlist.cli.progress import progress
    from shortlist.cli.show import console, megabytes
    from shortlist.models.catalogue import known_model
    from shortlist.models.hub import fetch

    told = console(stderr=True)
    for name in names:
        with progress(f"Fetching {name}", unit="MB") as advance:
            got = fetch(
                name,
                tokenizer_only=tokenizer_only,
                on_progress=lambda here, total, file: advance(here // 10**6, total=total // 10**6, what=file),
            )
        told.print(f"{got.name}: {megabytes(got.bytes)} at commit {got.commit}", highlight=False, markup=False)
        known = known_model(got.name)
        if known is not None and not known.commercial:
            told.print(f"note: the licence, {known.licence}, forbids commercial use.", style="yellow", highlight=False)
        click.echo(got.path)
