"""The second stage: a model reads the query together with each candidate."""

from shortlist.rerank.stage import Rerank

__all__ = ["Rerank"]
