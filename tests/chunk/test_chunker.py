import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shortlist.models
from shortlist.chunk import Chunker, SpanTokenizer
from shortlist.errors import UsageError
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.records import Chunk, Document, Heading, Page


@dataclass(frozen=True)
class Words:
    """Words of up to four letters, other characters alone: what it finds in a part, it finds in the whole."""

    token: re.Pattern[str] = re.compile(r"[^\W\d_\u3400-\u9fff]{1,4}|\S")

    def count(self, text: str) -> int:
        return len(self.spans(text))

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        return [match.span() for match in self.token.finditer(text)]


@dataclass(frozen=True)
class Bytes:
    """Three tokens a character beyond ASCII, and a mark before each text: cuts and counts do not agree."""

    def count(self, text: str) -> int:
        return len(self.spans(text)) + 1

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        return [(i, i + 1) for i, c in enumerate(text) for _ in range(1 if c.isascii() else 3)]


@cache
def default() -> ModelTokenizer:
    return ModelTokenizer.load(Path(shortlist.models.__path__[0]) / "default")


TOKENIZERS: dict[str, SpanTokenizer] = {"words": Words(), "bytes": Bytes()}
PARTS = [
    "The key is rotated every year. ", "Dr. Smith asked: why? ", "签名密钥每年轮换一次。", "为什么？因为安全；",
    "混合API文本，", "👩\u200d👩\u200d👧🇨🇳e\u0301 ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", " ", "\u3000",
    "- item one\n", "1. first\n", "| a | b |\n| --- | --- |\n| 1 | 2 |\n",
    "```py\nx = 1\n\ny = 2\n```\n", "~~~\n", "word " * 30, "无" * 70, "x" * 80, "ﷺ", "第三条 规定。\n", "a\tb\tc\n",
]  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Texts of both languages with headings, at line starts and elsewhere, and pages."""
    text, headings, pages = "", list[Heading](), list[Page]()
    for i, part in enumerate(draw(st.lists(st.sampled_from(PARTS) | st.text(max_size=20), max_size=25))):
        mark = draw(st.sampled_from(["", "", "", "heading", "page"]))
        if mark == "heading":
            title = draw(st.sampled_from(["Keys", "密钥", "签名 rotation"]))
            text += draw(st.sampled_from(["\n", "\n\n", "\r\n", ""]))
            headings.append(Heading(len(text), draw(st.integers(1, 3)), title))
            text += title + draw(st.sampled_from(["\n", "\n\n", "\n====\n", "\r\n"]))
        elif mark == "page":
            pages.append(Page(len(text), i + 1))
        text += part
    kind = draw(st.sampled_from(["text", "markdown", "python"]))
    return Document("doc", text, "Title", "doc.md", {"year": 2024}, tuple(pages), tuple(headings), kind)


chunkers = st.sampled_from(
    [Chunker(16), Chunker(16, 8), Chunker(24, 4), Chunker(40, 20), Chunker(256), Chunker(256, 32)]
)
tokenizers = st.sampled_from(sorted(TOKENIZERS))
laws = settings(deadline=None, max_examples=150)


def chunked(chunker: Chunker, document: Document, tokenizer: str = "words") -> list[Chunk]:
    return chunker.chunk(document, TOKENIZERS[tokenizer])


@laws
@given(documents(), chunkers, tokenizers)
def test_spans_are_exact_and_cover_every_visible_character(document: Document, chunker: Chunker, name: str) -> None:
    chunks = chunked(chunker, document, name)
    assert all(document.text[c.start : c.end] == c.text and c.text.strip() == c.text != "" for c in chunks)
    inside = {i for c in chunks for i in range(c.start, c.end)}
    assert all(c.isspace() for i, c in enumerate(document.text) if i not in inside)


@laws
@given(documents(), chunkers, tokenizers)
def test_no_chunk_has_more_tokens_than_asked_for(document: Document, chunker: Chunker, name: str) -> None:
    tokenizer = TOKENIZERS[name]
    chunks = chunked(chunker, document, name)
    assert all(tokenizer.count(chunk.text) <= chunker.size for chunk in chunks)


@settings(deadline=None, max_examples=60)
@given(documents(), chunkers)
def test_sizes_hold_in_the_tokens_of_the_default_encoder(document: Document, chunker: Chunker) -> None:
    chunks = chunker.chunk(document, default())
    assert all(default().count(chunk.text) <= chunker.size for chunk in chunks)


@laws
@given(documents(), chunkers, tokenizers)
def test_chunks_ascend(document: Document, chunker: Chunker, name: str) -> None:
    chunks = chunked(chunker, document, name)
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(chunks))
    if chunker.repeated == 0:
        assert all(a.end <= b.start for a, b in pairwise(chunks))


@laws
@given(documents(), chunkers)
def test_overlap_is_no_more_than_asked_for(document: Document, chunker: Chunker) -> None:
    shared = [document.text[b.start : a.end] for a, b in pairwise(chunked(chunker, document)) if b.start < a.end]
    assert all(Words().count(text) <= chunker.repeated for text in shared)


@laws
@given(documents(), chunkers)
def test_the_same_document_gives_the_same_chunks(document: Document, chunker: Chunker) -> None:
    assert chunked(chunker, document) == chunked(replace(chunker), replace(document))


@laws
@given(documents(), chunkers)
def test_ids_are_unique_and_follow_what_is_read(document: Document, chunker: Chunker) -> None:
    chunks = chunked(chunker, document)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    read = {chunk.id.partition(".")[0]: chunk.full_text for chunk in chunks}
    assert len(set(read.values())) == len(read)
    assert all(read[chunk.id.partition(".")[0]] == chunk.full_text for chunk in chunks)


def paths_of(document: Document, start: int, end: int) -> list[tuple[str, ...]]:
    """The headings in force at each place of a chunk, as slowly and plainly as can be."""
    paths: list[tuple[str, ...]] = []
    for place in range(start, end):
        path: dict[int, str] = {}
        for heading in document.headings:
            if heading.start <= place:
                path = {level: title for level, title in path.items() if level < heading.level}
                path[heading.level] = heading.title
        paths.append(tuple(path.values()))
    return paths


@laws
@given(documents(), chunkers)
def test_heading_paths_and_pages_are_those_of_the_marks(document: Document, chunker: Chunker) -> None:
    for chunk in chunked(chunker, document):
        paths = paths_of(document, chunk.start, chunk.end)
        # The path holds at the chunk's last heading or for all of it, and is no shorter than it need be.
        assert any(path[: len(chunk.heading_path)] == chunk.heading_path for path in paths)
        if len(set(paths)) == 1:
            assert chunk.heading_path == paths[0]
        pages = [page.number for page in document.pages if page.start <= chunk.start]
        assert chunk.page == (pages[-1] if pages else None)
        last = [page.number for page in document.pages if page.start < chunk.end][-1:]
        assert chunk.page_end == (last[0] if pages and last != pages[-1:] else None)


@laws
@given(documents(), chunkers)
def test_chunks_carry_what_their_document_is(document: Document, chunker: Chunker) -> None:
    for chunk in chunked(chunker, document):
        same = (chunk.doc_id, chunk.title, chunk.source, chunk.metadata)
        assert same == (document.id, document.title, document.source, document.metadata)


@given(st.text(alphabet=" \n\r\t\u3000\x0b", max_size=30))
def test_nothing_visible_gives_no_chunk(text: str) -> None:
    assert chunked(Chunker(), Document("doc", text)) == []


@pytest.mark.parametrize(("size", "overlap"), [(15, 0), (256, -1), (256, 129)])
def test_settings_that_cannot_be_right(size: int, overlap: int) -> None:
    with pytest.raises(UsageError, match="Give"):
        Chunker(size, overlap)


def marked(text: str) -> Document:
    """A document whose lines with # are headings, as a Markdown reader marks them."""
    found = re.finditer(r"^(#+) (.*)$", text, re.MULTILINE)
    headings = tuple(Heading(match.start(), len(match[1]), match[2]) for match in found)
    return Document("doc", text, headings=headings, format="markdown")


SENTENCE = "Keys are rotated every year by the owner. "  # 12 tokens of four letters


def test_a_small_document_is_one_chunk() -> None:
    (chunk,) = chunked(Chunker(), marked("# Guide\n\n## Keys\n\nRotate them.\n"))
    assert chunk.text == "# Guide\n\n## Keys\n\nRotate them."
    assert chunk.heading_path == ("Guide", "Keys")


def test_small_sections_share_a_chunk_and_large_ones_do_not() -> None:
    small = marked("# Guide\n\n" + "".join(f"## Part {i}\n\n{SENTENCE}\n\n" for i in range(4)))
    (chunk,) = chunked(Chunker(128), small)
    assert chunk.heading_path == ("Guide",)
    large = marked("# Guide\n\n" + "".join(f"## Part {i}\n\n{SENTENCE * 7}\n\n" for i in range(4)))
    assert [c.heading_path for c in chunked(Chunker(128), large)] == [("Guide", f"Part {i}") for i in range(4)]


@pytest.mark.parametrize("lines", range(1, 14))
def test_a_heading_stays_with_its_text(lines: int) -> None:
    text = f"{'word ' * 4}\n\n" * lines + "# Heading\n\n" + f"{'text ' * 4}\n\n" * 8
    assert not any(chunk.text.endswith("# Heading") for chunk in chunked(Chunker(32), marked(text)))


def test_paragraphs_are_kept_before_sentences_and_sentences_before_words() -> None:
    paragraphs = [(SENTENCE * n).strip() for n in (3, 4, 2, 5)]
    assert [c.text for c in chunked(Chunker(64), Document("doc", "\n\n".join(paragraphs)))] == paragraphs
    sentences = chunked(Chunker(32, 0), Document("doc", SENTENCE * 10))
    assert all(c.text.endswith("owner.") and c.text.startswith("Keys") for c in sentences)
    words = chunked(Chunker(16), Document("doc", "alphabet " * 40))
    assert all(set(c.text.split()) == {"alphabet"} for c in words)


def test_chinese_is_cut_at_its_sentences_then_clauses() -> None:
    sentence = "签名密钥由负责人每年轮换一次，旧的密钥还要保留三十天！"
    chunks = chunked(Chunker(64), Document("doc", sentence * 9))
    assert all(c.text.startswith("签名") and c.text.endswith("！") for c in chunks)
    clauses = chunked(Chunker(24), Document("doc", "签名密钥由负责人每年轮换一次，" * 9))
    assert all(c.text.endswith("，") for c in clauses)


def test_lines_that_nobody_wrapped_are_paragraphs() -> None:
    lines = ["签名密钥由负责人每年轮换一次。" * n for n in (3, 4, 2, 4)]
    assert [c.text for c in chunked(Chunker(64), Document("doc", "\n".join(lines)))] == lines
    lines = [(SENTENCE * n).strip() for n in (4, 5, 4, 5)]
    assert [c.text for c in chunked(Chunker(64), Document("doc", "\r\n".join(lines)))] == lines


def test_list_items_and_table_rows_stay_whole() -> None:
    items = "".join(f"- Item {i} is about the key\n" for i in range(20))
    assert all(c.text.startswith("- Item") and c.text.endswith("key") for c in chunked(Chunker(32), marked(items)))
    table = "| name | value |\n| --- | --- |\n" + "".join(f"| key {i} | rotated |\n" for i in range(20))
    rows = [line for c in chunked(Chunker(32), marked(table)) for line in c.text.splitlines()]
    assert rows == table.splitlines()
    assert chunked(Chunker(32), marked(table))[0].text.count("\n") > 1


def test_code_is_kept_whole_where_it_fits() -> None:
    fence = "```py\n" + "".join(f"value = {i}\n" for i in range(5)) + "\nlast = 1\n```"
    chunks = chunked(Chunker(64), marked(f"{SENTENCE * 4}\n\n{fence}\n\n{SENTENCE * 4}"))
    assert any(fence in c.text for c in chunks)
    functions = [f"def f{i}(x):\n    y = x + {i}\n\n    return y * y\n" for i in range(8)]
    source = "\n\n".join(functions)
    headings = tuple(Heading(source.index(f), 1, f"f{i}") for i, f in enumerate(functions))
    found = chunked(Chunker(32), Document("doc", source, headings=headings, format="python"))
    assert [c.text for c in found] == [f.strip() for f in functions]
    assert [c.heading_path for c in found] == [(f"f{i}",) for i in range(8)]


def test_only_a_paragraph_that_was_cut_is_repeated_from() -> None:
    text = f"# One\n\n{SENTENCE * 12}\n\n{SENTENCE * 12}\n\n# Two\n\n{SENTENCE * 12}"
    inside = {text.index("# Two"), *(match.end() for match in re.finditer(r"\n\n", text))}
    chunks = chunked(Chunker(64, 16), marked(text))
    assert len(chunks) > 6
    for before, after in pairwise(chunks):
        repeated = "" if after.start in inside else SENTENCE.strip()
        assert text[after.start : before.end] == repeated


def test_emoji_flags_and_accents_stay_whole() -> None:
    for seen in ("👩\u200d👩\u200d👧\u200d👦", "🇨🇳", "e\u0301\u0327", "👍🏽", "\u1100\u1161\u11a8"):
        chunks = chunked(Chunker(32), Document("doc", seen * 60), "bytes")
        assert len(chunks) > 1
        assert all(re.fullmatch(f"(?:{seen})+", c.text) for c in chunks)


def test_unchanged_text_keeps_its_id() -> None:
    sections = [f"# Part {i}\n\n{f'Sentence {i} says so. ' * 12}\n\n" for i in range(5)]
    before = chunked(Chunker(64), marked("".join(sections)))
    after = chunked(Chunker(64), marked("".join([f"# New\n\n{SENTENCE * 4}\n\n", *sections[:2], *sections[3:]])))
    gone = {c.id for c in before} - {c.id for c in after}
    assert {c.heading_path for c in before if c.id in gone} == {("Part 2",)}


def test_a_text_that_comes_again_gets_a_number() -> None:
    chunks = chunked(Chunker(16), marked(f"{SENTENCE}\n\n" * 3))
    assert [c.id for c in chunks] == [chunks[0].id, f"{chunks[0].id}.2", f"{chunks[0].id}.3"]


@pytest.mark.parametrize(
    "text", ["word " * 60_000, "无" * 100_000, "x" * 300_000, "1\n" * 100_000, "." * 200_000, " " * 10**6 + "x"]
)
def test_one_long_line_takes_no_longer_than_other_text(text: str) -> None:
    chunks = chunked(Chunker(256, 0), Document("doc", text))
    assert sum(Words().count(c.text) for c in chunks) == Words().count(text)
