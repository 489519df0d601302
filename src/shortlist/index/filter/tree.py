"""The tree of a `where` expression. There is no NOT in it: it was pushed down to the comparisons.

A comparison with a field that a document does not have is neither true nor false, as in SQL, so such a document is
not found by it nor by its opposite. The same holds for a value of another kind: 2024 is not compared with "2024".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Value: TypeAlias = str | int | float | bool | date

BUILT_IN = ("id", "doc_id", "source", "title", "format", "page")  # fields that every document has; doc_id is id
KINDS = {"n": "numbers", "s": "text", "b": "TRUE or FALSE", "d": "dates"}


@dataclass(frozen=True, slots=True)
class Compare:
    """field = 1, field >= '2024-01-31' …"""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """field IN (…), field NOT IN (…)."""

    field: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """field LIKE 'a%_': % is any text, _ any character; upper and lower case of a to z are the same."""

    field: str
    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """field IS NULL: the document does not have it. Negated: it does."""

    field: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    parts: tuple[Filter, ...]


Leaf: TypeAlias = Compare | In | Like | IsNull
Filter: TypeAlias = Leaf | And | Or


def leaves(tree: Filter) -> list[Leaf]:
    """The comparisons of a tree, from left to right."""
    if isinstance(tree, And | Or):
        return [leaf for part in tree.parts for leaf in leaves(part)]
    return [tree]


def values_of(leaf: Leaf) -> tuple[Value, ...]:
    """What a comparison compares with."""
    if isinstance(leaf, Compare):
        return (leaf.value,)
    return leaf.values if isinstance(leaf, In) else (leaf.pattern,) if isinstance(leaf, Like) else ()


def kinds_of(value: Value) -> str:
    """The kinds of stored value that a value may be compared with, a letter each. A text may be meant as a date."""
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int | float):
        return "n"
    if isinstance(value, date):
        return "d"
    return "sd" if is_date(value) else "s"


def is_date(text: str) -> bool:
    """Whether a text is a date as metadata writes it: 2024-01-31, or with a time 2024-01-31T09:00:00."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= len("2024-01-31") and text[4] == text[7] == "-"
