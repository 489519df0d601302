"""A small hub on this machine that speaks the protocol of huggingface.co, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from shortlist.records import NOTHING

LARGE = 10_000  # bytes from which a file lies on the other host, as large ones do
LISTING = re.compile(r"/api/models/([^/]+/[^/]+)/revision/([^?]+)(?:\?.*)?")
FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


@dataclass
class Repository:
    """One model: what each branch or tag stands for, and the files of each commit."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]])
    branches: dict[str, str] = field(default_factory=dict[str, str])
    gated: bool = False

    def push(self, files: dict[str, bytes], branch: str = "main") -> str:
        """A new commit; gives its hash."""
        listed = [(name, hashlib.sha1(content).hexdigest()) for name, content in sorted(files.items())]
        commit = hashlib.sha1(repr(listed).encode()).hexdigest()
        self.commits[commit] = files
        self.branches[branch] = commit
        return commit


@dataclass
class Asked:
    """A request that arrived."""

    method: str
    path: str
    range: str | None
    authorized: bool
    host: str  # "hub" or "store"


@dataclass
class FakeHub:
    """The hub and, on another port, the store that it sends callers to for large files."""

    repositories: dict[str, Repository] = field(default_factory=dict[str, Repository])
    asked: list[Asked] = field(default_factory=list[Asked])
    status: int | None = None  # answer everything with this
    hang: bool = False  # answer nothing
    body: bytes | None = None  # answer everything with this
    cut_after: int | None = None  # bytes of a large file after which the connection closes, once
    stall_after: int | None = None  # bytes of a large file after which nothing more comes
    spoil: bool = False  # change a byte of every large file
    ignore_ranges: bool = False
    no_lengths: bool = False  # of small files
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    store_url: str = ""

    def push_directory(
        self, repo: str, directory: Path, more: Mapping[str, bytes] = NOTHING, *, branch: str = "main"
    ) -> str:
        """The files of a model directory as a new commit."""
        files = {
            file.relative_to(directory).as_posix(): file.read_bytes() for file in directory.rglob("*") if file.is_file()
        }
        return self.repositories.setdefault(repo, Repository()).push({**files, **more}, branch)

    def files_sent(self) -> list[str]:
        """The files that were asked for with GET, by name, in order."""
        return [match[3] for each in self.asked if each.method == "GET" and (match := FILE.fullmatch(each.path))]


@contextmanager
def running() -> Generator[FakeHub]:
    """A hub for the time of a block."""
    hub = FakeHub()

    class HubHandler(Handler):
        side = hub
        host = "hub"

    class StoreHandler(Handler):
        side = hub
        host = "store"

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (HubHandler, StoreHandler)]
    hub.url, hub.store_url = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    side: ClassVar[FakeHub]
    host: ClassVar[str]

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub = self.side
        sent = self.headers
        hub.asked.append(Asked(self.command, self.path, sent["Range"], "Authorization" in sent, self.host))
        if hub.hang:
            hub.released.wait(60)
            self.close_connection = True
        elif hub.status is not None:
            self.reply(hub.status, b"out of order")
        elif self.host == "store":
            self.send_content(self.stored(self.path.removeprefix("/")))
        elif hub.body is not None:
            self.reply(200, hub.body)
        elif match := LISTING.fullmatch(self.path):
            self.listing(match[1], match[2])
        elif match := FILE.fullmatch(self.path):
            self.file(*match.groups())
        else:
            self.reply(404, b"")

    def listing(self, repo: str, revision: str) -> None:
        held = self.side.repositories.get(repo)
        if held is None:
            return self.refuse(404, "RepoNotFound")
        commit = held.branches.get(revision, revision)
        if commit not in held.commits:
            return self.refuse(404, "RevisionNotFound")
        siblings = [{"rfilename": name} for name in held.commits[commit]]
        return self.reply(200, json.dumps({"id": repo, "sha": commit, "siblings": siblings}).encode())

    def file(self, repo: str, revision: str, name: str) -> None:
        held = self.side.repositories[repo]
        commit = held.branches.get(revision, revision)
        if held.gated and "Authorization" not in self.headers:
            return self.refuse(401, "GatedRepo")
        content = held.commits[commit].get(name)
        if content is None:
            return self.refuse(404, "EntryNotFound")
        if len(content) < LARGE:
            etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            stated = {"X-Repo-Commit": commit, "ETag": f'"{etag}"'}
            return self.reply(200, content, stated, length=not self.side.no_lengths)
        key = hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Etag": f'"{key}"', "X-Linked-Size": str(len(content)), "X-Repo-Commit": commit}
        return self.reply(302, b"", {**linked, "Location": f"{self.side.store_url}/{key}"})

    def stored(self, key: str) -> bytes:
        contents = (
            file
            for repo in self.side.repositories.values()
            for files in repo.commits.values()
            for file in files.values()
        )
        return next(file for file in contents if hashlib.sha256(file).hexdigest() == key)

    def send_content(self, content: bytes) -> None:
        """A large file, or the part of it that was asked for, with the fault that was ordered."""
        hub = self.side
        start = int(match[1]) if (match := re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")) else 0
        if hub.ignore_ranges:
            start = 0
        if hub.spoil:
            content = content[:-1] + bytes([content[-1] ^ 1])
        part = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if hub.cut_after is not None and not start:
            self.wfile.write(part[: hub.cut_after])
            hub.cut_after = None
            self.close_connection = True
        elif hub.stall_after is not None and not start:
            self.wfile.write(part[: hub.stall_after])
            self.wfile.flush()
            hub.stalled.set()
            hub.released.wait(60)
            self.close_connection = True
        else:
            self.wfile.write(part)

    def refuse(self, status: int, code: str) -> None:
        self.reply(status, b"", {"X-Error-Code": code})

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, length: bool = True) -> None:
        self.send_response(status)
        stated = {"Content-Length": str(len(body))} if length else {"Connection": "close"}
        for name, value in {**(headers or {}), **stated}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = self.close_connection or not length
        if self.command == "GET":
            self.wfile.write(body)
