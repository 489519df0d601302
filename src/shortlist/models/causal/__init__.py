"""Causal language models as rerankers: asked whether a passage answers, they say yes or no. Needs the extra `torch`."""

from shortlist.models.causal.load import is_causal, load_causal_reranker
from shortlist.models.causal.prompt import Prompt
from shortlist.models.causal.reranker import CausalReranker

__all__ = ["CausalReranker", "Prompt", "is_causal", "load_causal_reranker"]
