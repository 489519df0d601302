"""Where requests go and with which key. A key goes into one header and into no message, `repr` or log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shortlist.errors import UsageError

HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Address:
    """A service's address and key."""

    service: str  # how messages name it
    url: str
    key: str = field(default="", repr=False)
    key_names: tuple[str, ...] = ()  # environment variables that may hold the key, for the message that asks for one

    def __post_init__(self) -> None:
        if not (self.key.isascii() and self.key.isprintable()) or " " in self.key:
            raise UsageError(
                f"The key for {self.service} holds blanks, line breaks or characters that no key has. Copy it again."
            )

    def headers(self) -> dict[str, str]:
        """Of every request."""
        headers = {"content-type": "application/json", "user-agent": "shortlist"}
        return {**headers, "authorization": f"Bearer {self.key}"} if self.key else headers

    @property
    def shown(self) -> str:
        """The address as messages show it."""
        return shown_url(self.url)

    def hidden(self, text: str) -> str:
        """A text of the service's with the key taken out: some repeat it in their errors."""
        return text.replace(self.key, HIDDEN) if self.key else text


def shown_url(url: str) -> str:
    """An address without what may be secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def checked_url(service: str, url: str, path: str) -> str:
    """The full address: one that names no path gets the service's own, any other is taken as it is.

    Raises:
        UsageError: it is no http address.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, half an IPv6 address
        known = False
        parts = urlsplit("")
    if not known:
        raise UsageError(
            f'"{url.rpartition("@")[2]}" is no address of a {service} service. Give one such as http://localhost:8080'
        )
    return parts._replace(path=path).geturl() if parts.path in ("", "/") else url


def key_of(given: str | None, names: Sequence[str]) -> str:
    """The key that was given, else the one in the first of these environment variables that is set; "" for none."""
    if given is not None:
        return given.strip()
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")
