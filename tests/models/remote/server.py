"""A service on this machine: it answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Says:
    """An answer: JSON of a value, or bytes as they are."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    delay_s: float = 0.0  # before the last byte

    @property
    def content(self) -> bytes:
        return self.raw if self.raw is not None else json.dumps(self.value).encode()


Answer: TypeAlias = Callable[[Asked], Says]


class Server:
    """Says always the same, or what a function makes of the request."""

    def __init__(self, answer: Answer | Says) -> None:
        self.answer: Answer = (lambda _: answer) if isinstance(answer, Says) else answer
        self.asked: list[Asked] = []
        self.closing = threading.Event()  # ends every delay
        handler = type("Handler", (Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


Serve: TypeAlias = Callable[[Answer | Says], Server]


class Handler(BaseHTTPRequestHandler):
    owner: Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
        self.owner.asked.append(asked)
        says = self.owner.answer(asked)
        self.send_response(says.status)
        for name, value in says.headers.items():
            self.send_header(name, value)
        if "content-length" not in says.headers:
            self.send_header("content-length", str(len(says.content)))
        self.end_headers()
        self.wfile.write(says.content[:-1])
        self.wfile.flush()
        self.owner.closing.wait(says.delay_s)
        self.wfile.write(says.content[-1:])

    def log_message(self, format: str, *args: Any) -> None:
        pass
