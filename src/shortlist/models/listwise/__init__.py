"""Listwise: a chat model puts the passages of a list in order."""

from shortlist.models.listwise.reranker import ListwiseReranker

__all__ = ["ListwiseReranker"]
