"""A `where` expression, read by sqlglot and taken over piece by piece: what is not listed here is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from shortlist.errors import FilterError
from shortlist.index.filter.tree import And, Compare, Filter, In, IsNull, Like, Operator, Or, Value

if TYPE_CHECKING:
    from sqlglot import exp

ALLOWED = (
    "Allowed are field names, numbers, 'text', 'YYYY-MM-DD', TRUE, FALSE, = != < <= > >= IN BETWEEN LIKE IS NULL "
    "AND OR NOT and parentheses, such as: year > 2020 AND lang = 'zh'"
)
LONGEST = 20_000  # characters; a longer one is no filter, and would only exhaust the parser

OPERATORS: dict[str, Operator] = {"EQ": "=", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
OPPOSITE: dict[Operator, Operator] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED: dict[Operator, Operator] = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def parse_filter(where: str) -> Filter:
    """The tree of an expression.

    Raises:
        FilterError: it does not parse, or asks for what a filter cannot do; the message says where.
    """
    if len(where) > LONGEST:
        raise FilterError(
            f"The filter has {len(where)} characters; {LONGEST} are the most. {ALLOWED}", where=where[:200]
        )
    try:
        return _tree(_parsed(where), negated=False)
    except RecursionError as error:
        raise FilterError(f"The filter has too many parentheses within each other. {ALLOWED}") from error


def _parsed(where: str) -> exp.Expr:
    from sqlglot import exp
    from sqlglot.dialects import SQLite
    from sqlglot.errors import SqlglotError

    try:
        found = SQLite().parse_into(exp.Condition, where)  # an expression: no statement is even parsed
    except SqlglotError as error:
        raise _syntax_error(where, error) from error
    if not found or found[0] is None:
        raise FilterError(f"The filter is empty. {ALLOWED}", where=where)
    if len(found) > 1 and found[1] is not None:
        raise _refused(found[1], "a filter is one expression, without ;")
    return found[0]


def _syntax_error(where: str, error: Exception) -> FilterError:
    details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    line, column, at = details[0].get("line"), details[0].get("col"), details[0].get("highlight")
    place = f" at {at!r} (line {line}, character {column})" if line and at else ": a quote may be missing"
    return FilterError(f"The filter {where!r} cannot be read{place}. {ALLOWED}", where=where, line=line, column=column)


def _refused(node: exp.Expr | None, why: str) -> FilterError:
    shown = node.sql(dialect="sqlite") if node is not None else ""
    return FilterError(f"The filter cannot have {shown}: {why}. {ALLOWED}", part=shown)


def _tree(node: exp.Expr, *, negated: bool) -> Filter:
    """The tree of a node, or of its opposite."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _tree(node.this, negated=negated)
    if isinstance(node, exp.Not):
        return _tree(node.this, negated=not negated)
    if isinstance(node, exp.And | exp.Or):
        parts = tuple(_tree(part, negated=negated) for part in node.flatten())
        return And(parts) if isinstance(node, exp.And) != negated else Or(parts)
    if isinstance(node, exp.Column | exp.Boolean):
        if isinstance(node, exp.Boolean):
            raise _refused(node, "it names no field")
        return Compare(_field(node), "!=" if negated else "=", True)
    take = _TAKEN.get(type(node).__name__)
    if take is None:
        raise _refused(node, f"{type(node).__name__.upper()} is not among what is understood")
    # Some versions of sqlglot write NOT LIKE as a LIKE that is negated, others as a NOT around it.
    return take(node, negated != bool(node.args.get("negate")))


def _compare(node: exp.Expr, negated: bool) -> Filter:
    from sqlglot import exp

    operator = OPERATORS[type(node).__name__]
    left, right = node.this, node.expression
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right, operator = right, left, MIRRORED[operator]
    return Compare(_field(left), OPPOSITE[operator] if negated else operator, _value(right))


def _between(node: exp.Expr, negated: bool) -> Filter:
    if node.args.get("symmetric"):
        raise _refused(node, "write the lower bound first")
    field, low, high = _field(node.this), _value(node.args["low"]), _value(node.args["high"])
    if negated:
        return Or((Compare(field, "<", low), Compare(field, ">", high)))
    return And((Compare(field, ">=", low), Compare(field, "<=", high)))


def _in(node: exp.Expr, negated: bool) -> Filter:
    if not node.expressions:
        raise _refused(node, "IN needs a list of values")
    return In(_field(node.this), tuple(_value(value) for value in node.expressions), negated)


def _like(node: exp.Expr, negated: bool) -> Filter:
    pattern = _value(node.expression)
    if not isinstance(pattern, str):
        raise _refused(node, "LIKE compares with text")
    return Like(_field(node.this), pattern, negated)


def _is(node: exp.Expr, negated: bool) -> Filter:
    from sqlglot import exp

    if not isinstance(node.expression, exp.Null):
        raise _refused(node, "IS goes with NULL; for the rest there is =")
    return IsNull(_field(node.this), negated)


_TAKEN: dict[str, Callable[[Any, bool], Filter]] = {
    **dict.fromkeys(OPERATORS, _compare),
    "Between": _between,
    "In": _in,
    "Like": _like,
    "Is": _is,
}


def _field(node: exp.Expr) -> str:
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        return ".".join(part.name for part in node.parts)  # a.b is a field of that name: metadata is flat
    raise _refused(node, "a field's name must stand on one side of a comparison")


def _value(node: exp.Expr) -> Value:
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Literal):
        return node.name if node.is_string else _number(node)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg) and isinstance(number := _value(node.this), int | float):
        return -number
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.to.sql().upper() == "DATE":
        return _date(node)
    if isinstance(node, exp.Null):
        raise _refused(node, "nothing equals NULL; write IS NULL or IS NOT NULL")
    if isinstance(node, exp.Column):
        raise _refused(node, "a field is compared with a value; text stands in single quotes, such as 'zh'")
    raise _refused(node, "a field is compared with a value")


def _number(node: exp.Expr) -> int | float:
    try:
        return int(node.name)
    except ValueError:
        return float(node.name)


def _date(node: exp.Expr) -> date:
    try:
        return date.fromisoformat(node.this.name)
    except ValueError as error:
        raise _refused(node, "a date is written 'YYYY-MM-DD'") from error
