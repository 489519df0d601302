"""What other processes do to an index in the tests: each function runs in one of its own."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from tests.index.hashing import HashingEncoder, sentences

from shortlist.index import Directory
from shortlist.records import Document


class Talk(Protocol):
    """One end of a connection between two processes."""

    def send(self, said: object, /) -> None: ...
    def recv(self) -> Any: ...


def start(run: Callable[..., None], path: str, *given: object) -> tuple[BaseProcess, Talk]:
    """A process that runs `run(talk, path, *given)`, and the other end of its connection."""
    if sys.platform == "win32":
        context = multiprocessing.get_context("spawn")
    else:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, path, *given))
    process.start()
    theirs.close()
    return process, ours


def texts(name: str, count: int) -> list[Document]:
    """Documents of one to five sentences, the same each time."""
    return [
        Document(f"{name}-{i}", " ".join(f"Sentence {i} {j} of {name} 签名密钥." for j in range(1 + i % 5)))
        for i in range(count)
    ]


def add_for_ever(connection: Talk, path: str, name: str) -> None:
    """Add documents, in two calls of which the second deletes too, telling what was acknowledged."""
    connection.send("ready")
    with Directory.open(path, HashingEncoder()) as directory:
        documents = texts(name, 1000)
        directory.add(documents[:150], sentences, lambda _, done: connection.send(("added", done)))
        connection.send(("deleted", directory.delete([document.id for document in documents[:30]])))
        directory.add(documents[150:], sentences, lambda _, done: connection.send(("added", 150 + done)))
        directory.rebuild()
    connection.send(("done", 0))


def hold(connection: Talk, path: str) -> None:
    """Hold the writer's lock, in the middle of an `add`, until told to go on."""

    def stop(_: int, done: int) -> None:
        connection.send(done)
        connection.recv()

    with Directory.open(path, HashingEncoder()) as directory:
        directory.add(texts("held", 2), sentences, stop)


def add_slowly(connection: Talk, path: str) -> None:
    """Add a document at a time, waiting to be asked."""
    with Directory.open(path, HashingEncoder()) as directory:
        for document in texts("slow", 20):
            connection.recv()
            directory.add([document], sentences)
            connection.send(document.id)


def add_and_change(connection: Talk, path: str, seconds: float) -> None:
    """Add, change and delete without pause."""
    until = time.monotonic() + seconds
    with Directory.open(path, HashingEncoder()) as directory:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            directory.add([Document(f"d{i}", f"Turn {turn}. Text {i}.") for i in range(20)], sentences)
            directory.delete([f"d{turn % 20}"])
    connection.send(turn)
