"""BM25 alone: the chunks that share the query's rarer words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shortlist.records import Ranking
from shortlist.retrieve.lists import ranking_of
from shortlist.stage import Retriever
from shortlist.text import query_terms

if TYPE_CHECKING:
    from shortlist.index import Directory


@dataclass(frozen=True)
class Bm25(Retriever):
    """The `depth` chunks with the highest BM25; fewer where fewer share a word with the query."""

    directory: Directory
    depth: int = 100

    def find(self, query: str, where: str | None) -> Ranking:
        """Chunks by BM25, best first."""
        with self.directory.snapshot():
            rows, scores = self.directory.bm25(query_terms(query), self.depth, where)
            return ranking_of(self.directory, query, rows, {"bm25": scores}, scored_by="bm25", scale="bm25")
