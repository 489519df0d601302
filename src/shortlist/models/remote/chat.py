"""A chat model behind an OpenAI-compatible address: OpenAI, vLLM, Ollama, llama.cpp, DeepSeek, Qwen and many more."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shortlist.errors import ServiceError, UsageError
from shortlist.models.remote.address import Address, checked_url, key_of, shown_url
from shortlist.models.remote.post import Patience, post_json

HOME = "https://api.openai.com/v1"
PATH = "/chat/completions"


@dataclass(frozen=True, repr=False)
class OpenAIChat:
    """A chat model. Making one sends nothing; `complete` sends the messages.

    Args:
        model: its name, such as "gpt-4o-mini".
        url: the base address, such as "http://localhost:11434/v1"; OPENAI_BASE_URL or OpenAI's own if not given.
        key: OPENAI_API_KEY if not given, which goes to OpenAI and to OPENAI_BASE_URL only: for another `url` give it.
        temperature: 0 answers the same to the same, as far as the server can; None leaves it out for models that
            refuse it.
        patience: timeouts and repetitions of one answer.
    """

    model: str
    url: str = ""
    key: str | None = None
    temperature: float | None = 0.0
    patience: Patience = field(default_factory=lambda: Patience(read_s=120, total_s=180), kw_only=True)

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError('A chat model needs its name, such as OpenAIChat("gpt-4o-mini").')
        base = (self.url or own_address()).rstrip("/")
        object.__setattr__(self, "url", checked_url("chat", base, "/v1"))

    def __repr__(self) -> str:
        return f"OpenAIChat({self.model!r}, {shown_url(self.url)!r}, temperature={self.temperature})"

    @property
    def name(self) -> str:
        """The model's, and the host where it is not OpenAI."""
        return self.model if self.url == HOME else f"{self.model}@{shown_url(self.url)}"

    def complete(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The text of the answer.

        Raises:
            MissingExtra: httpx2 is not installed.
            ServiceError: the service refused, failed, or answered without a text.
        """
        body: dict[str, Any] = {"model": self.model, "messages": [dict(message) for message in messages]}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        names = ("OPENAI_API_KEY",) if self.url in (HOME, own_address()) else ()
        to = Address("the chat model", self.url + PATH, key_of(self.key, names), names)
        answer = post_json(to, body, self.patience, self.patience.ends())
        return _text(to, answer)


def own_address() -> str:
    """Where the key of the environment belongs."""
    return (os.environ.get("OPENAI_BASE_URL") or HOME).rstrip("/")


def _text(to: Address, answer: object) -> str:
    """`choices[0].message.content`: a text, or a list of parts of which some are texts."""
    content: Any = None
    try:
        content = cast(Any, answer)["choices"][0]["message"]["content"]
        if isinstance(content, list):
            content = "".join(part.get("text") or "" for part in cast("list[dict[str, str]]", content))
    except (KeyError, IndexError, TypeError, AttributeError):
        content = None
    if not isinstance(content, str):
        raise ServiceError(
            f"The chat model at {to.shown} answered without a text: choices[0].message.content was expected, not "
            f"{to.hidden(str(answer)[:200])}",
            service=to.service,
            url=to.shown,
        )
    return content
