"""Front matter is metadata, and no part of the text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.read import read_bytes
from shortlist.read.front_matter import front_matter
from shortlist.records import MetadataValue

YAML = """---
title: "Keys: 密钥"
year: 2024
day: 2024-05-01   # of the last change
draft: false
version: "1.10"
tags:
  - a
  - 签名
aliases: [k, "keys"]
author:
  name: Wei
summary: >
  Two lines
  of it.
---
"""
FIELDS = {
    "title": "Keys: 密钥",
    "year": 2024,
    "day": date(2024, 5, 1),
    "draft": False,
    "version": "1.10",
    "tags": "a, 签名",
    "aliases": "k, keys",
    "author.name": "Wei",
    "summary": "Two lines of it.",
}


def test_plain_values_are_typed_and_lists_are_one_string() -> None:
    assert front_matter(YAML + "# One") == (FIELDS, len(YAML))
    assert front_matter(YAML.replace("\n", "\r\n"))[0] == FIELDS


def test_toml_says_the_same() -> None:
    text = '+++\ntitle = "密钥"\nday = 2024-05-01\ntags = ["a", "b"]\n[extra]\nweight = 3\n+++\ntext'
    fields, start = front_matter(text)
    assert fields == {"title": "密钥", "day": date(2024, 5, 1), "tags": "a, b", "extra.weight": 3}
    assert text[start:] == "text"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nname: x\n",
        "text\n---\na: b\n---\n",
        "---\nSome words between two rules.\n---\n",
        "---\n- a\n- b\n---\n",
        "---\nsee: here\nhttps://example.org\n---\n",
        "+++\nno toml\n+++\n",
    ],
)
def test_a_rule_at_the_top_is_no_front_matter(text: str) -> None:
    assert front_matter(text) == ({}, 0)


@pytest.mark.parametrize(("name", "body"), [("a.md", "# One\n\n密钥\n"), ("a.html", "<h1>One</h1><p>密钥</p>")])
def test_a_document_s_text_begins_below_it(name: str, body: str) -> None:
    [document] = read_bytes(name, (YAML + body).encode())
    [plain] = read_bytes(name, body.encode())
    assert (document.text, document.headings) == (plain.text, plain.headings)
    assert document.title == "Keys: 密钥"
    assert dict(document.metadata) == {name: value for name, value in FIELDS.items() if name != "title"}


values: st.SearchStrategy[MetadataValue] = st.one_of(
    st.integers(-99, 99), st.booleans(), st.dates(), st.sampled_from(["ninety days", "签名", "a#b"])
)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(["owner", "负责人", "last change", "x2"]), values))
def test_what_is_written_plainly_comes_back(fields: dict[str, MetadataValue]) -> None:
    lines = "".join(f"{name}: {str(value).lower()}\n" for name, value in fields.items())
    assert front_matter(f"---\n{lines}---\ntext")[0] == fields
