"""What `shortlist demo` searches."""

from shortlist.demo.texts import docstrings, documents, guide, topics

__all__ = ["docstrings", "documents", "guide", "topics"]
