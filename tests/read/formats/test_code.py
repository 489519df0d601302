from __future__ import annotations

import pytest

from shortlist.read import read_bytes
from shortlist.read.formats.code import definitions

PYTHON = '''"""Doc."""
import os

@decorator
def first(x):
    def inner(): ...

class Keys(Base):
    """密钥"""
    async def rotate(self): ...
    class Inner:
        def deep(self): ...
'''


def test_the_definitions_of_a_module_are_its_headings() -> None:
    [document] = read_bytes("keys.py", PYTHON.replace("\n", "\r\n").encode())
    assert document.format == "python"
    assert document.title == "keys.py"
    assert [(h.level, h.title) for h in document.headings] == [
        (1, "first"),
        (1, "Keys"),
        (2, "rotate"),
        (2, "Inner"),
        (3, "deep"),
    ]
    assert document.text[document.headings[0].start :].startswith("@decorator")
    assert document.text[document.headings[1].start :].startswith("class Keys")


def test_python_that_does_not_parse_still_has_what_stands_at_the_top() -> None:
    assert [h.title for h in definitions("print 'x'\ndef old(a):\n    pass\nclass Old:\n    pass\n", "python")] == [
        "old",
        "Old",
    ]


@pytest.mark.parametrize(
    ("name", "line", "title"),
    [
        ("a.js", "export default async function rotate(key) {", "rotate"),
        ("a.ts", "export const rotate = async (key: Key) => {", "rotate"),
        ("a.ts", "export interface Keys<T> {", "Keys"),
        ("A.java", "public abstract class Keys extends Base {", "Keys"),
        ("a.go", "func (k *Keys) Rotate(ctx context.Context) error {", "Rotate"),
        ("a.rs", "pub(crate) unsafe fn rotate<T>(key: T) {", "rotate"),
        ("a.c", "static int rotate_key(struct key *k)", "rotate_key"),
        ("a.cpp", "void Keys::rotate(int n) {", "Keys::rotate"),
        ("a.cs", "public sealed class Keys", "Keys"),
        ("a.rb", "def rotate(key)", "rotate"),
        ("a.php", "function rotate($key)", "rotate"),
        ("a.sh", "rotate() {", "rotate"),
        ("a.sql", "CREATE OR REPLACE VIEW keys.active AS", "keys.active"),
        ("a.toml", "[tool.keys]", "tool.keys"),
        ("a.ini", "[密钥]", "密钥"),
        ("a.kt", "data class Keys(val n: Int)", "Keys"),
        ("a.proto", "message Key {", "Key"),
    ],
)
def test_definitions_at_the_top_are_headings_in_every_language(name: str, line: str, title: str) -> None:
    text = f"\n\n{line}\n    inner text\n"
    [document] = read_bytes(name, text.encode())
    assert document.text == text
    assert [(h.start, h.level, h.title) for h in document.headings] == [(2, 1, title)]


def test_calls_and_control_flow_are_no_definitions() -> None:
    assert definitions("return call(x)\nif (a) {\nfor (;;) {\nint x = f(1);\n", "c") == []
    assert definitions("key: value\nclass: x\n", "yaml") == []


def test_lines_of_any_length_take_no_time() -> None:
    assert definitions("a " * 200 + "(\n" + "x" * 100_000 + "(", "cpp") == []
