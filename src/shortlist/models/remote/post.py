"""One JSON request to a service: timeouts, repetitions with back-off, answers that end, and keys that nobody sees."""

from __future__ import annotations

import atexit
import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shortlist.errors import ServiceError, need
from shortlist.models.remote.address import Address
from shortlist.models.remote.refusal import Reply, refused, unavailable

if TYPE_CHECKING:
    import httpx2

AGAIN = frozenset({0, 408, 424, 425, 429, *range(500, 600)}) - {501, 505}  # 0: no answer; 424: TEI's model failed
LONGEST_WAIT_S = 8.0
LARGEST_ANSWER = 64_000_000  # bytes; scores of 10,000 passages are below one


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a service may take, in seconds."""

    connect_s: float = 5.0
    read_s: float = 30.0  # of silence
    total_s: float = 60.0  # of one call: all its requests, repetitions and waits
    wait_s: float = 0.5  # before the first repetition; it doubles, to 8 at most, and chance takes up to half of it
    attempts: int = 5  # of one request, the first included

    def ends(self) -> float:
        """When a call that begins now must have ended, on the monotonic clock."""
        return time.monotonic() + self.total_s


def post_json(to: Address, body: Mapping[str, Any], patience: Patience, ends: float) -> Any:
    """The JSON that the service answers.

    Overload, failures of the server and of the network are tried again with exponential back-off and jitter, after
    the time that `Retry-After` names if it names one, for as long as `patience` allows. The request must be one that
    may be repeated.

    Raises:
        MissingExtra: httpx2 is not installed.
        KeyRefused: 401 or 403.
        TooMuch: the request was refused for its size.
        ServiceUnavailable: not reached, too slow, or failing again and again.
        ServiceError: refused for another reason, or answered with what is no JSON.
    """
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")  # "replace": lone surrogates
    attempt = 0
    while True:
        attempt += 1
        reply = _send(to, content, patience, ends)
        if 200 <= reply.status < 300:
            return _parsed(to, reply)
        if reply.status not in AGAIN:
            raise refused(to, reply)
        wait = _wait(attempt, reply, patience)
        if attempt >= patience.attempts or time.monotonic() + wait >= ends:
            raise unavailable(to, reply, attempt)
        time.sleep(wait)


def _wait(attempt: int, reply: Reply, patience: Patience) -> float:
    """Seconds to the next attempt. Never earlier than the service asked for, and clients do not come all at once."""
    doubled = min(patience.wait_s * 2 ** (attempt - 1), LONGEST_WAIT_S)
    return max(reply.retry_after_s, random.uniform(doubled / 2, doubled))


def _send(to: Address, content: bytes, patience: Patience, ends: float) -> Reply:
    """One attempt. What goes wrong on the way is a reply without a status."""
    client = _client(os.getpid())
    import httpx2

    left = max(ends - time.monotonic(), 0.001)
    timeout = httpx2.Timeout(min(patience.read_s, left), connect=min(patience.connect_s, left))
    try:
        with client.stream("POST", to.url, content=content, headers=to.headers(), timeout=timeout) as response:
            received = bytearray()
            for part in response.iter_bytes():
                received += part
                if len(received) > LARGEST_ANSWER:
                    return Reply(response.status_code, b"", problem="its answer has more than 64 MB")
                if time.monotonic() > ends:  # a server may drip, each byte in time
                    return Reply(0, b"", problem=f"its answer had not ended after {patience.total_s:g} seconds")
            return Reply(response.status_code, bytes(received), response.headers.get("retry-after", ""))
    except httpx2.RequestError as error:
        return Reply(0, b"", problem=f"{type(error).__name__}: {error}".rstrip(": "))


@cache
def _client(_process: int) -> httpx2.Client:
    """The one client of a process: connections are kept and shared. A forked child must not use its parent's."""
    client: httpx2.Client = need("httpx2", extra="remote").Client()
    atexit.register(client.close)
    return client


def _parsed(to: Address, reply: Reply) -> Any:
    try:
        if reply.problem:
            raise ValueError(reply.problem)
        return json.loads(reply.body)
    except (ValueError, RecursionError) as problem:
        raise ServiceError(
            f"{to.service} at {to.shown} answered with what is no JSON ({to.hidden(str(problem))}): "
            f'"{to.hidden(reply.beginning)}". Is this the address of such a service?',
            service=to.service,
            url=to.shown,
            status=reply.status,
        ) from None
