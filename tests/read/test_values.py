from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.read.values import column_parser, parsed
from shortlist.records import MetadataValue


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-7", -7),
        ("007", "007"),
        ("+1", "+1"),
        ("1" * 30, float("1" * 30)),
        ("3.50", 3.5),
        ("1e400", "1e400"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("TRUE", True),
        ("false", False),
        ("2024-05-01", date(2024, 5, 1)),
        ("2024/5/1", date(2024, 5, 1)),
        ("2024年5月1日", date(2024, 5, 1)),
        ("2024-13-01", "2024-13-01"),
        ("2024-05/01", "2024-05/01"),
        ("1.2.3", "1.2.3"),
        ("一", "一"),
        ("٣", "٣"),
        ("", ""),
    ],
)
def test_a_value_has_the_narrowest_type_it_fits(text: str, value: MetadataValue) -> None:
    assert parsed(text) == value
    assert type(parsed(text)) is type(value)


@given(st.lists(st.one_of(st.integers(-(10**17), 10**17).map(str), st.sampled_from(["", "007", "2.5", "x"]))))
@settings(deadline=None)
def test_a_column_has_one_type_that_all_its_values_fit(column: list[str]) -> None:
    parse = column_parser(column)
    assert len({type(parse(value)) for value in column if value}) <= 1


def test_numbers_with_leading_zeros_make_their_column_one_of_names() -> None:
    assert column_parser(["007", "12"])("12") == "12"
    assert column_parser(["1", "2.5", ""])("1") == 1.0
    assert column_parser([])("1") == "1"
