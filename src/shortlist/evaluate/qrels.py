"""Relevance judgments: who said that which document answers which query, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from shortlist.errors import ReadError
from shortlist.evaluate.lines import bad_line, numbered_lines

Qrels: TypeAlias = Mapping[str, Mapping[str, int]]  # query → document → grade; 0 and below is "not relevant"


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgments, gzipped or not: BEIR's three columns or TREC's four.

    BEIR: `query document grade`, tab-separated, with or without a header line. TREC: `query 0 document grade`,
    separated by white space. Grades are whole numbers; 1 and above is relevant.

    Raises:
        ReadError: the file cannot be read, holds no judgment, or a line is neither, has a grade that is no whole
            number, or contradicts a judgment made before. The same judgment twice is one.
    """
    qrels: dict[str, dict[str, int]] = {}
    header = True
    for number, line in numbered_lines(path):
        fields = _fields(line)
        if len(fields) not in (3, 4):
            expected = "expected `query document grade` or `query 0 document grade`"
            raise bad_line(path, number, f"has {len(fields)} columns; {expected}")
        query, document, grade = fields[0], fields[-2], _whole(fields[-1])
        if grade is None:
            if header and len(fields) == 3:  # the names of the columns
                header = False
                continue
            raise bad_line(path, number, f"has the grade {fields[-1]!r}; a grade is a whole number, such as 1")
        header = False
        grades = qrels.setdefault(query, {})
        if grades.setdefault(document, grade) != grade:
            problem = f"judges {document} for query {query} again: {grade}, before {grades[document]}. Keep one of them"
            raise bad_line(path, number, problem)
    if not qrels:
        raise ReadError(f"{path} holds no judgments; each line should be `query document grade`.", path=str(path))
    return qrels


def _fields(line: str) -> list[str]:
    """Tabs alone separate a line that has two or more: ids may hold blanks there."""
    return [field.strip() for field in line.split("\t")] if line.count("\t") >= 2 else line.split()


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else None
