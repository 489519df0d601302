"""Make better models from one's own text. Needs the extra `train` (torch, transformers)."""

from __future__ import annotations

__all__: list[str] = []
