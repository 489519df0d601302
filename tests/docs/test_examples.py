"""Every example in the texts runs, and prints what the text shows.

```python     runs; names stay for the later blocks of the text
```text       is what the Python block above it printed
```console    lines with `$` run in order; what stands below each is its output
```json       in docs/json.md is checked in test_json.py, which also runs the commands of that page
```sh         is for people: setting up, other programs

In what is shown, … stands for any text within a line; a line of its own, for any lines. Decimals and milliseconds stand
for any others: they differ from machine to machine.
"""

import contextlib
import io
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil.document import Document
from sybil.evaluators.python import PythonEvaluator
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser

from shortlist import Index

ROOT = Path(__file__).parents[2]
WILD = {"…": r"[^\n]*"}
TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "src/shortlist/guide/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "json.md"
)


@pytest.mark.parametrize("text", TEXTS)
def test_every_example_of_a_text_runs_and_prints_what_is_shown(text: str, desk: Path, shell: Any) -> None:
    run = Runner(shell)
    parsers = [CodeBlockParser(language, getattr(run, language)) for language in ("python", "text", "console")]
    document = Document.parse(str(ROOT / text), *parsers)
    if "\n$ shortlist index handbook/\n" in document.text:  # it makes its index itself
        shutil.rmtree(desk / "index.shortlist")
    with closing_indexes(document.namespace):
        for example in document.examples():
            example.evaluate()


def test_the_program_in_the_package_docstring_runs(desk: Path) -> None:
    import shortlist

    lines = (shortlist.__doc__ or "").splitlines()
    program = "\n".join(line[4:] for line in lines if line.startswith("    "))
    namespace: dict[str, Any] = {}
    printed = io.StringIO()
    with closing_indexes(namespace), contextlib.redirect_stdout(printed):
        exec(program, namespace)
    assert "handbook/signing-keys.md" in printed.getvalue()


@pytest.mark.parametrize(
    ("shown", "printed", "matches"),
    [
        ("a\nb\n", "a  \nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a …\n", "a b c\n", True),
        ("a …\nc\n", "a b\nb\nc\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\n", "a\n", True),
        ("a.c\n", "abc\n", False),
        ("took 12 ms, 0.5\n", "took 7 ms, 0.4831\n", True),
        ("took 12 s, 5\n", "took 7 s, 4\n", False),
        ("a\n", "\n  \na\n\n", True),
    ],
)
def test_an_ellipsis_stands_for_text_within_a_line_and_a_line_of_it_for_lines(
    shown: str, printed: str, matches: bool
) -> None:
    assert (difference(shown, printed) is None) is matches


class Runner:
    """Runs the blocks of one text, one method a language."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._python = PythonEvaluator()
        self._printed = ""

    def python(self, example: Example) -> str | None:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self._python(example)
        self._printed = printed.getvalue()
        return None

    def text(self, example: Example) -> str | None:
        printed, self._printed = self._printed, ""
        return difference(str(example.parsed), printed)

    def console(self, example: Example) -> str | None:
        for line, shown in commands(str(example.parsed)):
            ran = self._shell(line)
            if ran.exit != ran.expected_exit:
                return f"$ {line}\nexit code {ran.exit}, not {ran.expected_exit}\n{ran.output}"
            if shown and (wrong := difference(shown, ran.output)) is not None:
                return f"$ {line}\n{wrong}"
        return None


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


def difference(shown: str, printed: str) -> str | None:
    """What to tell where a text shows something else than is printed; None where it shows that."""
    pattern = "".join(line_pattern(line) for line in lines_of(shown))
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in lines_of(printed))):
        return None
    return f"The text shows:\n{shown}\nbut what is printed is:\n{printed}"


def lines_of(text: str) -> list[str]:
    """The lines without blanks at their ends, and without blank lines before the first and after the last."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").splitlines()


def line_pattern(line: str) -> str:
    if line == "…":
        return r"(?:[^\n]*\n)*"
    return "".join(WILD.get(part) or number_pattern(part) for part in re.split("(…)", line)) + r"\n"


def number_pattern(text: str) -> str:
    """The text itself, with patterns in place of its decimals and milliseconds."""
    parts = re.split(r"( *-?\d+\.\d+| *\d+ ms)", text)  # with the blanks that align a column
    return "".join(
        (r" *\d+ ms" if part.endswith(" ms") else r" *-?\d+\.\d+") if i % 2 else re.escape(part)
        for i, part in enumerate(parts)
    )


@contextlib.contextmanager
def closing_indexes(namespace: dict[str, Any]) -> Generator[None]:
    try:
        yield
    finally:
        for value in namespace.values():
            if isinstance(value, Index):
                value.close()
