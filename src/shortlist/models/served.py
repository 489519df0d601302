"""Rerankers that others run, by a short name: cohere:rerank-v3.5, tei:http://localhost:8080, llm:gpt-4o-mini."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from shortlist.errors import UsageError
from shortlist.models.listwise import ListwiseReranker
from shortlist.models.remote import SERVICES, OpenAIChat, RemoteReranker
from shortlist.models.remote.address import shown_url

if TYPE_CHECKING:
    from shortlist.models.remote.reranker import ServiceName

CHAT = "llm"
NAME = re.compile(r"(?P<model>.*?)(?:@?(?P<url>https?://.*))?", re.DOTALL)


def served_reranker(name: str) -> RemoteReranker | ListwiseReranker | None:
    """The reranker of a name "SERVICE:MODEL", "SERVICE:URL" or "SERVICE:MODEL@URL"; None for any other name.

    SERVICE is one of those of `RemoteReranker`, or "llm" for a chat model that puts the list in order. A part that is
    left out is the service's usual one. Keys come from the environment. Nothing is sent before it is used.

    Raises:
        UsageError: the service has no address of its own and none was given, or what was given is none.
    """
    service, colon, rest = name.partition(":")
    match = NAME.fullmatch(rest)
    if not colon or match is None or (service != CHAT and service not in SERVICES):
        return None
    model, url = match["model"], match["url"] or ""
    if "://" in model:  # a mistyped address must not become the name of a model, asked for somewhere else
        raise UsageError(f'"{shown_url(model)}" in the name of a model is no http address.', service=service)
    if service == CHAT:
        return ListwiseReranker(OpenAIChat(model, url))
    return RemoteReranker(cast("ServiceName", service), url, model)
