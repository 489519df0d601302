"""Real text that is on every machine: the documentation inside the running Python, and our own Chinese guide."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator
from importlib.resources import files

from shortlist.records import Document

SHORTEST = 80  # code points: a shorter docstring says little more than the name


def documents() -> Iterator[Document]:
    """All of the demo's documents: help topics, docstrings, and the guide in Chinese."""
    yield from topics()
    yield from docstrings()
    yield guide("zh")


def topics() -> Iterator[Document]:
    """The help topics of the running Python, one document a topic."""
    from pydoc_data.topics import topics as texts

    for name, text in sorted(texts.items()):
        yield Document(
            id=f"python/topics/{name}", text=text, title=name, source=f"help('{name}')", metadata={"part": "topics"}
        )


def docstrings() -> Iterator[Document]:
    """The docstrings of the standard library: one document for each module, class, method and function.

    The modules are those in modules.txt; one that this platform lacks is left out.
    """
    seen: set[str] = set()
    for module_name in files("shortlist.demo").joinpath("modules.txt").read_text().split():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # some modules announce their retirement on import
                module = importlib.import_module(module_name)
        except ImportError:
            continue
        for name, thing in described(module, module_name):
            text = inspect.getdoc(thing) or ""
            if len(text) >= SHORTEST and text not in seen:
                seen.add(text)
                yield Document(
                    id=f"python/library/{name}",
                    text=text,
                    title=name,
                    source=f"help('{name}')",
                    metadata={"part": "library", "module": module_name},
                )


def described(module: object, module_name: str) -> Iterator[tuple[str, object]]:
    """A module and the public classes, methods and functions that it defines, by name."""
    yield module_name, module
    for name, thing in sorted(vars(module).items()):
        home = getattr(thing, "__module__", None)
        if name.startswith("_") or not callable(thing) or (home or "").lstrip("_") != module_name.lstrip("_"):
            continue
        yield f"{module_name}.{name}", thing
        if inspect.isclass(thing):
            for method_name, method in sorted(vars(thing).items()):
                if not method_name.startswith("_") and callable(method):
                    yield f"{module_name}.{name}.{method_name}", method


def guide(language: str) -> Document:
    """The project's own guide, "en" or "zh"."""
    from shortlist.read import read_bytes

    name = f"guide.{language}.md"
    [document] = read_bytes(name, files("shortlist.guide").joinpath(name).read_bytes())
    return document
