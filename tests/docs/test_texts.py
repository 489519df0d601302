"""The texts agree with each other and with the tree: links lead somewhere, and both languages say the same."""

import re
from pathlib import Path

import pytest

from shortlist.cli.group import COMMANDS

ROOT = Path(__file__).parents[2]
PAIRS = (("README.md", "README.zh.md"), ("src/shortlist/guide/guide.en.md", "src/shortlist/guide/guide.zh.md"))
TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "src/shortlist/guide/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#:\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HAN = "\u4e00-\u9fff"


def read(text: str) -> str:
    return (ROOT / text).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A text without its code, in blocks or in lines."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", read(text)))


@pytest.mark.parametrize("text", TEXTS)
def test_links_lead_somewhere(text: str) -> None:
    links = LINK.findall(prose(text))
    assert [link for link in links if not ((ROOT / text).parent / link).exists()] == []


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same_sections_and_examples(english: str, chinese: str) -> None:
    assert levels(english) == levels(chinese)
    assert [language for language, _ in FENCE.findall(read(english))] == [
        language for language, _ in FENCE.findall(read(chinese))
    ]


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_a_folder_of_pages_lists_all_of_them(folder: str) -> None:
    pages = {path.name for path in (ROOT / folder).glob("*.md")} - {"README.md"}
    assert pages <= set(LINK.findall(read(f"{folder}/README.md")))


def test_contributors_are_told_every_target_of_make() -> None:
    targets = set(re.findall(r"^([\w-]+):.*##", read("Makefile"), re.MULTILINE))
    assert targets - {"help"} == set(re.findall(r"^\| `make ([\w-]+)", read("docs/house.md"), re.MULTILINE))


@pytest.mark.parametrize("readme", PAIRS[0])
def test_the_readme_names_every_command(readme: str) -> None:
    assert re.findall(r"^\| `shortlist (\w+)", read(readme), re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("chinese", [pair[1] for pair in PAIRS])
def test_chinese_text_has_chinese_punctuation_and_spaces_between_scripts(chinese: str) -> None:
    text = prose(chinese)
    assert re.findall(rf"[{HAN}][,;:?!]|[,;?!][{HAN}]", text) == []
    assert re.findall(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]", text) == []


def levels(text: str) -> list[int]:
    """The levels of the headings, in order."""
    return [len(mark) for mark in re.findall(r"^(#+) ", FENCE.sub("", read(text)), re.MULTILINE)]
