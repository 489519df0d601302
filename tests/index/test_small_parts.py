from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from tests.index.hashing import sentences

from shortlist.errors import IndexBusy
from shortlist.index.fingerprint import content_hash, stable_name
from shortlist.index.language import language_of
from shortlist.index.lock import writer_lock
from shortlist.index.sources import is_below
from shortlist.records import Document, Heading, Page


@pytest.mark.parametrize(
    ("source", "root", "below"),
    [
        ("docs/a.md", "docs", True),
        ("docs/a.md", "./docs/", True),
        ("docs/a.md", ".", True),
        ("docs/a.md", "docs/a.md", True),
        ("docsother/a.md", "docs", False),
        ("a.md", "docs", False),
        ("../a.md", ".", False),
        ("docs/a.md", "docs/*.md", True),
        ("docs/b/a.md", "docs/*.md", False),
        ("docs/b/a.md", "docs/**/*.md", True),
        ("docs/a.md", "docs/**/*.md", True),
        ("https://a.org/x/y", "https://a.org/x/", True),
        ("https://a.org/xy", "https://a.org/x", False),
        ("/abs/docs/a.md", "/abs/docs", True),
        ("/abs/docs/a.md", "/", True),
        ("docs/a.md", "/base/docs", True),
        ("/base/docs/a.md", "docs", True),
        ("../a.md", "/", True),
        ("docs/mail.eml#note.pdf", "docs/mail.eml", True),
        ("docs/mail.eml2", "docs/mail.eml", False),
    ],
)
def test_which_sources_belong_to_a_root(source: str, root: str, below: bool) -> None:
    assert is_below(source, [root], "/base") is below
    assert is_below(source, ["elsewhere", root], "/base") is below


@dataclass(frozen=True)
class Cut:
    size: int

    def chunk(self, document: Document) -> list[object]:
        return [document] * self.size


def test_a_chunker_has_one_name_in_every_process() -> None:
    assert stable_name(sentences) == "tests.index.hashing.sentences"
    assert stable_name(Cut(3).chunk) == stable_name(Cut(3).chunk) != stable_name(Cut(4).chunk)
    assert stable_name(partial(language_of, text="1")) != stable_name(partial(language_of, text="2"))
    assert "0x" not in stable_name(object())


def test_a_document_is_the_same_while_its_chunks_would_be() -> None:
    document = Document("a", "text", "title", pages=(Page(0, 1),), headings=(Heading(0, 1, "h"),))
    same = content_hash(document, sentences)
    assert content_hash(replace(document, metadata={"year": 1}, source="elsewhere"), sentences) == same
    for other in (
        replace(document, text="text "),
        replace(document, title=""),
        replace(document, pages=()),
        replace(document, headings=(Heading(0, 2, "h"),)),
        replace(document, text="textt", title="itle"),
    ):
        assert content_hash(other, sentences) != same
    assert content_hash(document, Cut(1).chunk) != same  # pyright: ignore[reportArgumentType] (any callable will do)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The key is rotated twice a year.", "en"),
        ("密钥每年轮换两次。", "zh"),
        ("签名密钥 signing key 每年轮换 twice a year", "zh+en"),
        ("鍵は毎年二回交換されます。", ""),
        ("12345 !?", ""),
        ("", ""),
        ("使用 API 轮换密钥，每年两次，由安全部门负责执行并且记录在案", "zh"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_lock_is_held_by_one_and_free_after_an_error(tmp_path: Path) -> None:
    with writer_lock(tmp_path, 0), pytest.raises(IndexBusy), writer_lock(tmp_path, 0):
        pass
    with pytest.raises(RuntimeError), writer_lock(tmp_path, 0):
        raise RuntimeError
    with writer_lock(tmp_path, 0):
        pass
