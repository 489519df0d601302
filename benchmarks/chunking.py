"""Chunkers measured: how much of the passages that answer a question comes back, and how much besides.

    python benchmarks/chunking.py DATA_DIR/chunk-eval [--sizes 128 200 256 400] [--dense]
    python benchmarks/chunking.py DATA_DIR/drcd --joined 20 --budget 1000

chunk-eval holds five long documents and 472 questions with 790 reference spans (Chroma's chunking_evaluation). There is
no such set in Chinese: with --joined, so many passages of a reading comprehension set, a line each, make a document,
and the answers are the reference spans.

Each chunker cuts all documents, the five best chunks for a question are retrieved among all of them, by BM25 over our
terms or (--dense) by the default encoder, and compared with the reference spans in characters, as Smith & Troynikov
define it ("Evaluating Chunking Strategies for Retrieval", 2024): recall is the share of the references that was
retrieved, precision the share of what was retrieved that is reference, IoU their intersection over their union, and
precision Ω the precision if every chunk that touches a reference were retrieved and no other. Small chunks do well in
precision and large ones in recall, so the last column is what a prompt sees: recall when the best chunks that fit are
packed into --budget characters, whatever their number.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from statistics import mean
from typing import Any, cast

import numpy as np

from bm25_terms import Bm25, rows
from shortlist.chunk import Chunker
from shortlist.models.encoder import load_encoder
from shortlist.read.formats.markdown import markdown_headings
from shortlist.records import Document
from shortlist.text import query_terms, terms

TOP = 5
QUESTIONS = 1000  # about so many are asked at most
DEPTH = 60  # enough small chunks to fill the budget
Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A chunk as any chunker gives it."""

    document: str
    start: int
    end: int
    read: str  # what a retriever reads


@dataclass(frozen=True)
class Question:
    """A question and the spans of one document that answer it."""

    text: str
    document: str
    references: Sequence[Span]


Splitter = Callable[[Document, int], Iterator[Piece]]
Retriever = Callable[[Sequence[Piece], Sequence[Question]], list[list[Piece]]]


def questions(folder: Path, place_of: Mapping[str, tuple[str, int]]) -> list[Question]:
    """The questions, where the document each is about now stands given: in which document, from where."""
    text_of = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    found: list[Question] = []
    for row in rows(folder / "answers.jsonl"):
        document, shift = place_of[row["doc_id"]]
        answers = cast("list[dict[str, Any]]", row["answers"])
        spans = [(shift + answer["start"], shift + answer["start"] + len(answer["text"])) for answer in answers]
        found.append(Question(text_of[row["query_id"]], document, spans))
    return found[:: max(1, len(found) // QUESTIONS)]


def corpus(folder: Path, joined: int) -> tuple[list[Document], dict[str, tuple[str, int]]]:
    """The documents, `joined` in a row made one, and where each of them now stands."""
    texts = [(row["_id"], row["text"]) for row in rows(folder / "corpus.jsonl")]
    documents: list[Document] = []
    place_of: dict[str, tuple[str, int]] = {}
    for first in range(0, len(texts), joined):
        text = ""
        for name, part in texts[first : first + joined]:
            place_of[name] = str(first), len(text)
            text += part + "\n"
        headings = tuple(markdown_headings(text))
        documents.append(Document(str(first), text, headings=headings, format="markdown"))
    return documents, place_of


def fixed(tokenizer: Any, share: float) -> Splitter:
    """Windows of so many tokens, each repeating a share of the one before it."""

    def split(document: Document, size: int) -> Iterator[Piece]:
        spans: list[Span] = tokenizer.spans(document.text)
        for first in range(0, len(spans), size - int(size * share)):
            last = min(first + size, len(spans)) - 1
            start, end = spans[first][0], spans[last][1]
            yield Piece(document.id, start, end, document.text[start:end])
            if last == len(spans) - 1:
                return

    return split


def recursive(tokenizer: Any, share: float, separators: Sequence[str]) -> Splitter:
    """LangChain's RecursiveCharacterTextSplitter with a token count for its length, rebuilt to give spans.

    Split at the first separator that occurs, split what is still too large at the next one, merge neighbours up to
    the size, and begin each chunk with as many whole pieces of the one before it as its overlap allows.
    """

    def split(document: Document, size: int) -> Iterator[Piece]:
        ends = np.array([end for _, end in tokenizer.spans(document.text)])

        def length(span: Span) -> int:
            return int(np.searchsorted(ends, span[1], "right") - np.searchsorted(ends, span[0], "right"))

        def cut(span: Span, level: int) -> Iterator[Span]:
            text = document.text[slice(*span)]
            while level < len(separators) - 1 and separators[level] not in text:
                level += 1
            separator = separators[level]
            places = [m.start() for m in re.finditer(re.escape(separator), text)] if separator else range(len(text))
            bounds = [span[0], *(span[0] + place for place in places if place), span[1]]
            good: list[Span] = []
            for piece in pairwise(bounds):
                if length(piece) < size or level == len(separators) - 1:
                    good.append(piece)
                else:
                    yield from merge(good)
                    good = []
                    yield from cut(piece, level + 1)
            yield from merge(good)

        def merge(pieces: list[Span]) -> Iterator[Span]:
            held: list[Span] = []
            for piece in pieces:
                if held and length((held[0][0], piece[1])) > size:
                    yield held[0][0], held[-1][1]
                    while held and (
                        length((held[0][0], held[-1][1])) > size * share or length((held[0][0], piece[1])) > size
                    ):
                        held.pop(0)
                held.append(piece)
            if held:
                yield held[0][0], held[-1][1]

        for start, end in cut((0, len(document.text)), 0):
            text = document.text[start:end]
            if text.strip():
                start += len(text) - len(text.lstrip())
                yield Piece(document.id, start, start + len(text.strip()), text.strip())

    return split


def ours(tokenizer: Any, share: float) -> Splitter:
    def split(document: Document, size: int) -> Iterator[Piece]:
        for chunk in Chunker(size, int(size * share)).chunk(document, tokenizer):
            yield Piece(document.id, chunk.start, chunk.end, chunk.full_text)

    return split


def union(spans: Sequence[Span]) -> int:
    """Characters in at least one of the spans."""
    total, reached = 0, -1
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def common(pieces: Sequence[Piece], question: Question) -> int:
    """Characters of the references that the pieces hold."""
    return union(
        [
            (max(piece.start, start), min(piece.end, end))
            for piece in pieces
            if piece.document == question.document
            for start, end in question.references
            if max(piece.start, start) < min(piece.end, end)
        ]
    )


def scores(retrieved: Sequence[Piece], question: Question) -> tuple[float, float, float]:
    """Recall, precision and IoU. What two chunks repeat is retrieved twice, and counted so."""
    hit, wanted = common(retrieved, question), sum(end - start for start, end in question.references)
    given = sum(piece.end - piece.start for piece in retrieved)
    return hit / wanted, hit / given if given else 0.0, hit / (given + wanted - hit)


def packed(retrieved: Sequence[Piece], room: int) -> list[Piece]:
    """The best that fit into so many characters, best first."""
    fitting: list[Piece] = []
    for piece in retrieved:
        if piece.end - piece.start <= room:
            room -= piece.end - piece.start
            fitting.append(piece)
    return fitting


def omega(pieces: Sequence[Piece], question: Question) -> float:
    touching = [piece for piece in pieces if common([piece], question)]
    return common(touching, question) / sum(piece.end - piece.start for piece in touching)


def by_bm25(pieces: Sequence[Piece], asked: Sequence[Question]) -> list[list[Piece]]:
    index = Bm25([(str(i), terms(piece.read)) for i, piece in enumerate(pieces)])
    return [[pieces[int(i)] for i in index.search(query_terms(question.text), DEPTH)] for question in asked]


def by_vectors(pieces: Sequence[Piece], asked: Sequence[Question]) -> list[list[Piece]]:
    encoder = load_encoder("default")
    passages = encoder.encode([piece.read for piece in pieces], "passage")
    best = np.argsort(-(encoder.encode([question.text for question in asked], "query") @ passages.T), kind="stable")
    return [[pieces[i] for i in row[:DEPTH]] for row in best.tolist()]


def report(
    pieces_of: Callable[[Document], Iterator[Piece]],
    documents: Sequence[Document],
    asked: Sequence[Question],
    retrievers: Sequence[Retriever],
    budget: int,
) -> str:
    """The rest of a row of the table."""
    start = time.perf_counter()
    pieces = [piece for document in documents for piece in pieces_of(document)]
    seconds = time.perf_counter() - start
    tight = mean(omega(pieces, question) for question in asked)
    row = f" {len(pieces):6d} | {seconds:5.2f} | {tight:.3f} |"
    for retrieve in retrievers:
        found = list(zip(retrieve(pieces, asked), asked, strict=True))
        recall, precision, iou = np.mean([scores(best[:TOP], question) for best, question in found], 0)
        within = mean(scores(packed(best, budget), question)[0] for best, question in found)
        row += f" {recall:.3f} | {precision:.3f} | {iou:.3f} | {within:.3f} |"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="directory of a set with answers.jsonl")
    parser.add_argument("--joined", type=int, default=1, help="documents of the set that make one")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 200, 256, 400])
    parser.add_argument("--only", nargs="*", help="names of chunkers")
    parser.add_argument("--budget", type=int, default=4000, help="characters that are packed")
    parser.add_argument("--dense", action="store_true", help="retrieve by the default encoder too")
    options = parser.parse_args()
    documents, place_of = corpus(options.set, options.joined)
    asked = questions(options.set, place_of)
    retrievers = [by_bm25, by_vectors] if options.dense else [by_bm25]
    heads = "".join(f" {name} recall | precision | IoU | packed |" for name in ["BM25", "dense"][: len(retrievers)])
    print(f"| chunker | size | chunks | s | precision Ω |{heads}\n|---|---|---|---|---|{'---|' * 4 * len(retrievers)}")
    splitters = chunkers(load_encoder("default").tokenizer)
    for size, name in product(options.sizes, options.only or splitters):
        row = report(lambda d, s=size, n=name: splitters[n](d, s), documents, asked, retrievers, options.budget)
        print(f"| {name:14s} | {size:4d} |{row}", flush=True)


def chunkers(tokenizer: Any) -> dict[str, Splitter]:
    """What is compared, by name; a share is the overlap."""
    langchain = ("\n\n", "\n", " ", "")
    sentences = ("\n\n", "\n", "。", "？", "！", ".", "?", "!", " ", "")
    return {
        "fixed": fixed(tokenizer, 0),
        "fixed, 1/4": fixed(tokenizer, 1 / 4),
        "recursive": recursive(tokenizer, 0, langchain),
        "recursive, 1/4": recursive(tokenizer, 1 / 4, langchain),
        "recursive .?!": recursive(tokenizer, 0, sentences),
        "ours": ours(tokenizer, 0),
        "ours, 1/8": ours(tokenizer, 1 / 8),
    }


if __name__ == "__main__":
    main()
