"""Formats in which the line, not the sentence, is what is written and read."""

NAMES = """
    c cpp csharp css dart elixir go haskell ini java javascript json julia kotlin lua perl php powershell proto python
    r ruby rust scala shell sql swift tex toml typescript vue xml yaml
"""
CODE = frozenset(NAMES.split())
