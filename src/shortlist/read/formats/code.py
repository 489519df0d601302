"""Source code and configuration: as written; headings are the definitions that stand at the top."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import accumulate

from shortlist.read.port import Format, ReadOptions, ReadResult, Source
from shortlist.read.written import as_written, decoded, line_starts
from shortlist.records import Heading

LANGUAGES = {
    "c": (".c", ".h"),
    "cpp": (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".cu"),
    "csharp": (".cs",),
    "css": (".css", ".scss", ".less"),
    "dart": (".dart",),
    "elixir": (".ex", ".exs"),
    "go": (".go",),
    "haskell": (".hs",),
    "ini": (".ini", ".cfg", ".conf", ".properties"),
    "java": (".java",),
    "javascript": (".js", ".mjs", ".cjs", ".jsx"),
    "julia": (".jl",),
    "kotlin": (".kt", ".kts"),
    "lua": (".lua",),
    "perl": (".pl", ".pm"),
    "php": (".php",),
    "powershell": (".ps1",),
    "proto": (".proto",),
    "python": (".py", ".pyi", ".pyw"),
    "r": (".r",),
    "ruby": (".rb",),
    "rust": (".rs",),
    "scala": (".scala",),
    "shell": (".sh", ".bash", ".zsh"),
    "sql": (".sql",),
    "swift": (".swift",),
    "tex": (".tex",),
    "toml": (".toml",),
    "typescript": (".ts", ".tsx", ".mts", ".cts"),
    "vue": (".vue", ".svelte"),
    "xml": (".xml", ".xsd", ".xsl"),
    "yaml": (".yaml", ".yml"),
}
LANGUAGE_OF = {suffix: language for language, suffixes in LANGUAGES.items() for suffix in suffixes}
# One pattern for all languages: a line without indentation that begins with words which only a definition has.
MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|unsafe|extern|const|sealed|"
    r"partial|open|data|pub(?:\([a-z:]+\))?|declare|inline|virtual|override|local)\s+)*"
)
KEYWORDS = (
    r"class|interface|enum|struct|union|trait|impl|module|mod|namespace|object|record|protocol|extension|type|"
    r"func|function\*?|fn|fun|def|defmodule|defp|sub|message|service|macro_rules!"
)
DEFINITION = re.compile(rf"{MODIFIERS}(?:{KEYWORDS})\s+(?:\([^)\n]{{0,200}}\)\s*)?(?:<[^>\n]{{0,100}}>\s*)?([\w:.$]+)")
SQL = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|INDEX)\s+([\w.\"`]+)", re.I)
C_FUNCTION = re.compile(
    r"(?!return|else|typedef|using|if|for|while|switch)[A-Za-z_][\w:<>,*&~ \t]{0,200}?[ *&]([\w:~]+)\([^;]*"
)
ARROW = re.compile(rf"{MODIFIERS}(?:const|let|var)?\s*([\w$]+)\s*=\s*(?:async\s*)?(?:\([^)\n]{{0,200}}\)|\w+)\s*=>")
SECTION = re.compile(r"\[+([^\]\n]+)\]+\s*(?:[#;].*)?")
SHELL = re.compile(r"(?:function\s+)?([\w-]+)\s*\(\)\s*\{?")
PATTERNS = {
    "sql": (SQL,),
    "c": (DEFINITION, C_FUNCTION),
    "cpp": (DEFINITION, C_FUNCTION),
    "javascript": (DEFINITION, ARROW),
    "typescript": (DEFINITION, ARROW),
    "ini": (SECTION,),
    "toml": (SECTION,),
    "shell": (SHELL,),
    **dict.fromkeys(("css", "xml", "yaml", "tex"), ()),
}
LINE_CHARS = 400  # a longer line is no definition that somebody wrote


def read(source: Source, options: ReadOptions) -> Iterator[ReadResult]:
    """One document; its format is the language and its title the file's name."""
    file = decoded(source, options)
    language = LANGUAGE_OF.get(source.suffix, "text")
    headings = definitions(file.text, language)
    title = source.stem + source.suffix
    return as_written(source, file, format=language, title=title, headings=headings)


def definitions(text: str, language: str) -> list[Heading]:
    """The classes and functions of a source text; Python's methods too, one level below their class."""
    if language == "python":
        try:
            return _python(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # another version of Python, or none: the pattern still finds what stands at the top
    patterns = PATTERNS.get(language, (DEFINITION,))
    headings: list[Heading] = []
    for start, line in _lines(text):
        match = next((match for pattern in patterns if (match := pattern.match(line))), None)
        if match is not None:
            headings.append(Heading(start, 1, match[1].rstrip(":.")))
    return headings


def _python(text: str) -> list[Heading]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # of the code that is read, not of ours
        tree = ast.parse(text)
    starts = line_starts(text)
    headings: list[Heading] = []

    def visit(body: list[ast.stmt], level: int) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                headings.append(Heading(starts[first - 1], level, node.name))
                if isinstance(node, ast.ClassDef):
                    visit(node.body, level + 1)

    visit(tree.body, 1)
    return headings


def _lines(text: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines(keepends=True)
    starts = accumulate((len(line) for line in lines), initial=0)
    return ((start, line) for start, line in zip(starts, lines, strict=False) if len(line) <= LINE_CHARS)


FORMAT = Format(name="code", suffixes=tuple(LANGUAGE_OF), read=read)
