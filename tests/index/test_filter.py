from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.index.hashing import HashingEncoder, sentences
from tests.index.strategies import corpora, queries
from tests.index.test_directory import bm25, nearest, opened

from shortlist.errors import FilterError
from shortlist.index import Directory
from shortlist.index.filter import allowed
from shortlist.index.filter.parse import parse_filter
from shortlist.index.filter.sql import condition
from shortlist.records import Document, Metadata, Page

Holds = Callable[[Metadata], bool | None]  # None: unknown, as in SQL
OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
EVERY_FIELD = Document(
    "every", "all fields.", metadata={"year": 2020, "score": 1.5, "lang": "fr", "draft": True, "day": date(2024, 1, 5)}
)


@st.composite
def years(draw: st.DrawFn) -> tuple[str, Holds]:
    operator, year = draw(st.sampled_from(sorted(OPERATORS))), draw(st.integers(2018, 2026))
    holds = OPERATORS[operator]
    return f"year {operator} {year}", lambda m: holds(int(str(m["year"])), year) if "year" in m else None


@st.composite
def languages(draw: st.DrawFn) -> tuple[str, Holds]:
    some = draw(st.lists(st.sampled_from(["zh", "en", "it's"]), min_size=1, max_size=2))
    quoted = ", ".join("'" + language.replace("'", "''") + "'" for language in some)
    negated = draw(st.booleans())
    return (
        f"lang {'NOT ' if negated else ''}IN ({quoted})",
        lambda m: ((m["lang"] in some) != negated) if "lang" in m else None,
    )


SIMPLE: list[tuple[str, Holds]] = [
    ("draft", lambda m: bool(m["draft"]) if "draft" in m else None),
    ("draft = FALSE", lambda m: not m["draft"] if "draft" in m else None),
    ("score IS NULL", lambda m: "score" not in m),
    ("score is not null", lambda m: "score" in m),
    ("score BETWEEN -1 AND 0.5", lambda m: -1 <= float(str(m["score"])) <= 0.5 if "score" in m else None),
    ("day >= '2024-01-05'", lambda m: str(m["day"]) >= "2024-01-05" if "day" in m else None),
    ("day < DATE '2024-01-05'", lambda m: str(m["day"]) < "2024-01-05" if "day" in m else None),
    ("lang LIKE 'z%'", lambda m: str(m["lang"]).lower().startswith("z") if "lang" in m else None),
]
LEAVES = st.one_of(years(), languages(), st.sampled_from(SIMPLE))


def both(parts: tuple[tuple[str, Holds], tuple[str, Holds]]) -> tuple[str, Holds]:
    (a, holds_a), (b, holds_b) = parts

    def holds(m: Metadata) -> bool | None:
        found = (holds_a(m), holds_b(m))
        return False if False in found else None if None in found else True

    return f"({a} AND {b})", holds


def opposite(part: tuple[str, Holds]) -> tuple[str, Holds]:
    def holds(m: Metadata) -> bool | None:
        found = part[1](m)
        return None if found is None else not found

    return f"NOT ({part[0]})", holds


def either(parts: tuple[tuple[str, Holds], tuple[str, Holds]]) -> tuple[str, Holds]:
    not_both = both((opposite(parts[0]), opposite(parts[1])))
    return f"({parts[0][0]} or {parts[1][0]})", lambda m: opposite(not_both)[1](m)


def joined(inner: st.SearchStrategy[tuple[str, Holds]]) -> st.SearchStrategy[tuple[str, Holds]]:
    return st.one_of(st.tuples(inner, inner).map(both), st.tuples(inner, inner).map(either), inner.map(opposite))


filters = st.recursive(LEAVES, joined, max_leaves=5)


@settings(max_examples=60, deadline=None)
@given(
    documents=corpora(),
    query=queries,
    limit=st.integers(0, 20),
    part=filters,
    listed=st.sampled_from([0, 2, 100_000]),
)
def test_a_filtered_ranking_is_the_ranking_without_the_others(
    documents: list[Document], query: str, limit: int, part: tuple[str, Holds], listed: int
) -> None:
    where, holds = part
    documents = [*documents, EVERY_FIELD]
    kept = {document.id for document in documents if holds(document.metadata)}
    before = allowed.LISTED
    allowed.LISTED = listed  # both ways to find the allowed chunks, whatever the number of documents
    try:
        with TemporaryDirectory() as path, opened(path) as directory:
            directory.add(documents, sentences)
            for rank in (bm25, nearest):
                expected = [pair for pair in rank(directory, query) if pair[0].partition("#")[0] in kept]
                assert rank(directory, query, limit, where) == expected[:limit]
    finally:
        allowed.LISTED = before


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    made = Directory.open(tmp_path_factory.mktemp("index"), HashingEncoder())
    made.add(
        [
            Document(
                f"d{i}",
                f"The text {i}. Second.",
                title="Title" if i else "",
                source=f"docs/{i}.md",
                format="markdown",
                metadata={"year": 2020 + i, "a b": "x", "draft": i == 1, "day": date(2024, 1, i + 1), "年份": i},
                pages=(Page(0, 1), Page(11, 2)),
            )
            for i in range(4)
        ],
        sentences,
    )
    return made


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("id = 'd1'", "d1#0 d1#1"),
        ("doc_id IN ('d1', 'd3') AND page = 1", "d1#0 d3#0"),
        ("source LIKE 'docs/_.md' AND year > 2022", "d3#0 d3#1"),
        ("title = '' OR format <> 'markdown'", "d0#0 d0#1"),
        ("page > 1 AND NOT year BETWEEN 2021 AND 2023", "d0#1"),
        ("\"a b\" = 'x' AND 2022 < year", "d3#0 d3#1"),
        ("年份 = 2", "d2#0 d2#1"),
        ("not not draft", "d1#0 d1#1"),
        ("day <= '2024-01-01'", "d0#0 d0#1"),
        ("year = 2021.0 and year < 1e9 and year > -1", "d1#0 d1#1"),
        ("page IS NULL", ""),
        ("id = 'd1'' OR 1=1 --'", ""),
    ],
)
def test_examples(directory: Directory, where: str, ids: str) -> None:
    assert sorted(chunk_id for chunk_id, _ in nearest(directory, "text", 100, where)) == ids.split()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("yaer = 2020", 'Did you mean "year"'),
        ("zzz = 2020", "Known fields: .*year.*source"),
        ("year = '2020'", "holds numbers .* without quotes"),
        ("draft = 1", "TRUE or FALSE"),
        ("day = 'yesterday'", "YYYY-MM-DD"),
        ("title = 3", "in single quotes"),
        ("year >", r"at '>' \(line 1, character 6\)"),
        ("year = 2020 AND title = 'x", "a quote may be missing"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("year = 2020; DROP TABLE documents", "cannot be read at 'DROP'"),
        ("year = 2020; year = 2021", "one expression"),
        ("year = 2020 GROUP BY year", "cannot be read at 'GROUP BY'"),
        ("year + 1 = 2021", "field's name must stand"),
        ("title = lower('X')", "compared with a value"),
        ("year = (SELECT 1)", "compared with a value"),
        ("year IN (SELECT 1)", "IN needs a list"),
        ("title = source", "single quotes"),
        ('title = "Title"', "single quotes"),
        ("year = NULL", "IS NULL"),
        ("year LIKE 20", "LIKE compares with text"),
        ("1 = 1", "field's name must stand"),
        ("TRUE", "names no field"),
        ("* = 1", "field's name must stand|cannot be read"),
        ("year IS 2020", "is not among"),
        ("draft IS TRUE", "IS goes with NULL"),
        ("SELECT 1", "cannot be read at 'SELECT'"),
        ("DROP TABLE documents", "cannot be read at 'DROP'"),
        ("VACUUM", 'No document has a field "VACUUM"'),
        ("day = DATE 'soon'", "YYYY-MM-DD"),
        ("(" * 5000 + "year = 1" + ")" * 5000, "too many parentheses"),
        ("year = 1 OR " * 3000 + "year = 1", "20000 are the most"),
    ],
)
def test_what_a_filter_cannot_be_is_said(directory: Directory, where: str, words: str) -> None:
    with pytest.raises(FilterError, match=words):
        directory.nearest(HashingEncoder().vector("x"), 10, where)
    with pytest.raises(FilterError, match=words):
        directory.bm25(["x"], 10, where)


ODD = st.text(max_size=30)
PIECES = ["year", "=", "'x'", "(", ")", "AND", "NOT", "2020", "LIKE", ",", "IN", ";", "--", "*", "title", "page"]
NEARLY = st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)


def test_whatever_is_asked_is_answered_or_refused_in_our_words(directory: Directory) -> None:
    @settings(max_examples=200, deadline=None)
    @given(where=st.one_of(ODD, NEARLY))
    def ask(where: str) -> None:
        with suppress(FilterError):
            directory.nearest(HashingEncoder().vector("x"), 3, where)

    ask()


def test_many_conditions_are_no_trouble(directory: Directory) -> None:
    where = " OR ".join(f"year = {2000 + i}" for i in range(900))
    assert len(nearest(directory, "text", 100, where)) == 8
    where = f"year IN ({', '.join(str(i) for i in range(3000))})"
    assert len(nearest(directory, "text", 100, where)) == 8


def test_an_empty_index_knows_no_wrong_field(tmp_path: Path) -> None:
    with opened(tmp_path) as empty:
        assert nearest(empty, "x", 10, "anything = 3 AND page > 2") == []


def test_a_broad_filter_is_walked_and_a_narrow_one_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowed, "LISTED", 3)
    monkeypatch.setattr(allowed, "WALKED", 16)
    documents = [Document(f"d{i:03}", f"Text {i % 7}.", metadata={"n": i, "odd": i % 2 == 1}) for i in range(100)]
    with opened(tmp_path) as directory:
        directory.add(documents, sentences)
        every = nearest(directory, "text 3")
        conditions: list[tuple[str, Callable[[int], bool]]] = [
            ("odd", lambda n: n % 2 == 1),
            ("n < 3", lambda n: n < 3),
            ("n >= 50 AND odd", lambda n: n >= 50 and n % 2 == 1),
            ("n BETWEEN 10 AND 13", lambda n: 10 <= n <= 13),
        ]
        for where, holds in conditions:
            expected = [pair for pair in every if holds(int(pair[0][1:4]))]
            for limit in (1, 3, 5, 60):
                assert nearest(directory, "text 3", limit, where) == expected[:limit], (where, limit)


def test_a_filter_sees_what_was_added_since(tmp_path: Path) -> None:
    with opened(tmp_path) as directory, opened(tmp_path) as writer:
        writer.add([Document("a", "One.", metadata={"year": 2020})], sentences)
        assert len(nearest(directory, "one", 10, "year = 2020")) == 1
        writer.add([Document("b", "One.", metadata={"year": 2020})], sentences)
        assert len(nearest(directory, "one", 10, "year = 2020")) == 2
        writer.add([Document("a", "One.", metadata={"year": 2021})], sentences)
        assert [chunk_id for chunk_id, _ in nearest(directory, "one", 10, "year = 2020")] == ["b#0"]


def test_no_word_of_the_user_is_in_a_statement(directory: Directory) -> None:
    where = "title = 'evil' AND year > 2020 OR \"a b\" LIKE 'evil' AND source NOT IN ('evil', 'evil')"
    connection = sqlite3.connect(directory.path / "records.sqlite")
    for limit in (0, 1000):
        made = condition(connection, parse_filter(where), limit)
        assert "evil" not in made.few + made.each
        assert "2020" not in made.few + made.each
        assert made.few_values.count("evil") == made.each_values.count("evil") == 4
    connection.close()
