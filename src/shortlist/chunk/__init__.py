"""Documents → chunks: exact spans, heading paths, pages."""

from shortlist.chunk.chunker import Chunker
from shortlist.chunk.port import SpanTokenizer

__all__ = ["Chunker", "SpanTokenizer"]
