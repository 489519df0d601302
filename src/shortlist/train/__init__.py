"""Make better models from one's own text. Needs the extra `train` (torch, transformers)."""

from __future__ import annotations

from shortlist.train.recipe import Recipe, Trained

__all__ = ["Recipe", "Trained"]
