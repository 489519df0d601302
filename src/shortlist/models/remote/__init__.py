"""Models that somebody else runs, over HTTP: rerank services, and chat models. Nothing is sent unless one is made."""

from shortlist.models.remote.chat import OpenAIChat
from shortlist.models.remote.post import Patience
from shortlist.models.remote.reranker import RemoteReranker
from shortlist.models.remote.services import SERVICES

__all__ = ["SERVICES", "OpenAIChat", "Patience", "RemoteReranker"]
