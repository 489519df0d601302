"""Vectors alone: the chunks whose vector is nearest to the query's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shortlist.records import Ranking
from shortlist.retrieve.lists import query_vector, ranking_of
from shortlist.stage import Retriever

if TYPE_CHECKING:
    from shortlist.index import Directory
    from shortlist.models import Encoder


@dataclass(frozen=True)
class Dense(Retriever):
    """The `depth` chunks with the highest cosine; none, and a note, where the encoder cannot read the query."""

    directory: Directory
    encoder: Encoder
    depth: int = 100

    def find(self, query: str, where: str | None) -> Ranking:
        """Chunks by cosine, best first."""
        vector, notes = query_vector(self.encoder, query)
        if vector is None:
            return Ranking(query=query, notes=tuple(notes), scored_by="dense", scale="cosine")
        with self.directory.snapshot():
            rows, scores = self.directory.nearest(vector, self.depth, where)
            return ranking_of(
                self.directory,
                query,
                rows,
                {"dense": scores},
                scored_by="dense",
                scale="cosine",
                model=f"{self.encoder.name}@{self.encoder.revision}",
                notes=notes,
            )
