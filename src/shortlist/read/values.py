"""Strings → typed metadata values: int, float, bool, date, or the string itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date

from shortlist.records import MetadataValue

INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")  # 007 is a name, not a number; 18 digits fit 64 bits
FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")

Parser = Callable[[str], MetadataValue | None]


def parsed(value: str) -> MetadataValue:
    """One value by itself: the narrowest type that it fits."""
    return next((typed for parse in PARSERS if (typed := parse(value)) is not None), value)


def column_parser(values: Iterable[str]) -> Parser:
    """What parses a whole column: the narrowest type that all its values fit, so that a filter meets one type.

    Empty values fit every type. A column of `007` and `12` is one of strings; one of `1` and `2.5` is one of floats.
    """
    filled = [value for value in values if value]
    return next((parse for parse in PARSERS if filled and all(parse(value) is not None for value in filled)), _same)


def _int(value: str) -> int | None:
    return int(value) if INT.fullmatch(value) else None


def _float(value: str) -> float | None:
    number = float(value) if FLOAT.fullmatch(value) and len(value) < 40 else math.inf
    return number if math.isfinite(number) else None


def _bool(value: str) -> bool | None:
    return {"true": True, "false": False}.get(value.lower())


def _date(value: str) -> date | None:
    match = DATE.fullmatch(value)
    if match is None:
        return None
    year, month, day = (int(part) for part in (match[1] or match[5], match[3] or match[6], match[4] or match[7]))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _same(value: str) -> str:
    return value


PARSERS: tuple[Parser, ...] = (_int, _float, _bool, _date)
