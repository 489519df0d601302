"""The first stage: BM25, vectors, and both fused."""

from shortlist.retrieve.bm25 import Bm25
from shortlist.retrieve.dense import Dense
from shortlist.retrieve.fusion import Fusion, Rrf, ZSum
from shortlist.retrieve.hybrid import Hybrid

__all__ = ["Bm25", "Dense", "Fusion", "Hybrid", "Rrf", "ZSum"]
