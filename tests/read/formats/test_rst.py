from __future__ import annotations

from pathlib import Path

from shortlist.read import read_bytes
from shortlist.read.formats.rst import rst_headings

TEXT = """=====
Guide
=====

Keys *and* more
---------------

.. code-block:: python

   x = 1

:unknown:`role` and |substitution|.

轮换
~~~~

.. unknown-directive:: x

Last
----
""".replace("\n", "\r\n")


def test_sections_are_headings_at_their_titles() -> None:
    [document] = read_bytes("guide.rst", TEXT.encode())
    assert document.text == TEXT
    assert document.title == "Guide"
    lines = [(h.level, h.title, document.text[h.start :].split("\r\n")[0]) for h in document.headings]
    assert lines == [
        (1, "Guide", "Guide"),
        (2, "Keys and more", "Keys *and* more"),
        (3, "轮换", "轮换"),
        (2, "Last", "Last"),
    ]


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Secret\n======\n\ntext\n")
    for directive in ("include::", "raw:: html\n   :file:", "csv-table::\n   :file:", "literalinclude::"):
        assert rst_headings(f".. {directive} {secret}\n") == []
