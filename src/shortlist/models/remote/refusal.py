"""What a service said instead of an answer, as the error that says what to do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from shortlist.errors import KeyRefused, ServiceError, ServiceUnavailable
from shortlist.models.remote.address import Address

SHOWN = 200  # characters of what a service said
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
# As TEI and vLLM put it: "must have less than 512 tokens", "maximum context length is 8192", "batch size 64 > …".
SIZE = re.compile(
    r"\btokens\b|too (long|many)|\b(context|sequence|input|max|maximum)[ _]length|batch size"
    r"|number of (documents|texts|passages|inputs)",
    re.IGNORECASE,
)


class TooMuch(ServiceError):
    """A request that was refused for its size: too many texts, or one that is too long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int  # 0 where nothing did
    body: bytes
    retry_after: str = ""
    problem: str = ""  # what went wrong on the way

    @property
    def retry_after_s(self) -> float:
        """Seconds that the service asks to wait: a number or a date (RFC 9110, 10.2.3); 0 where it asks for none."""
        text = self.retry_after.strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
            return float(text)
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        return max((when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)

    @property
    def beginning(self) -> str:
        """How the body begins, without markup and control characters: it is shown in terminals."""
        text = MARKUP.sub(" ", self.body[:4000].decode("utf-8", "replace"))
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    @property
    def said(self) -> str:
        """The message of an error, in whichever of the usual shapes it comes."""
        try:
            value: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            return self.beginning
        for _ in range(3):  # {"error": {"message": "…"}}
            if not isinstance(value, dict):
                break
            stated = cast("dict[str, Any]", value)
            value = next((stated[name] for name in ("message", "error", "detail", "msg") if stated.get(name)), None)
        return Reply(self.status, value.encode()).beginning if isinstance(value, str) else self.beginning


def refused(to: Address, reply: Reply) -> ServiceError:
    """The error for a request that need not be tried again."""
    said = to.hidden(reply.said)
    told = f'{to.service} at {to.shown} refused the request (status {reply.status}): "{said}".'
    facts = {"service": to.service, "url": to.shown, "status": reply.status, "said": said}
    if reply.status in (401, 403):
        names = " or ".join(to.key_names)
        cure = "Is the key the right one?" if to.key else f"Give key=…{f', or set {names}' if names else ''}."
        return KeyRefused(f"{told} {cure}", **facts)
    if reply.status == 413 or (reply.status in (400, 422) and SIZE.search(said)):
        return TooMuch(f"{told} Give shorter passages, or fewer of them (depth).", **facts)
    if reply.status in (404, 405) or 300 <= reply.status < 400:
        return ServiceError(f"{told} Is the address right? It was asked as it stands here.", **facts)
    return ServiceError(f"{told} Compare what it asks for with the model and the address given.", **facts)


def unavailable(to: Address, reply: Reply, attempts: int) -> ServiceUnavailable:
    """The error for a service that was tried until patience ended."""
    what = reply.problem if reply.status == 0 else f'status {reply.status}: "{reply.said}"'
    asked = f" It asks to wait {reply.retry_after_s:.0f} seconds." if reply.retry_after_s else ""
    times = "once" if attempts == 1 else f"{attempts} times"
    return ServiceUnavailable(
        f"{to.service} at {to.shown} gave no answer; it was asked {times}, the last time it ended with "
        f"{to.hidden(what)}.{asked} Try again later, or allow more in Patience(…).",
        service=to.service,
        url=to.shown,
        status=reply.status,
        attempts=attempts,
    )
