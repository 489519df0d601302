"""Learnt weights → a model directory: int8 products, 4-bit embeddings, a check of parity, a card."""

from __future__ import annotations

__all__: list[str] = []
