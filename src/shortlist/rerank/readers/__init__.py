"""How the stage reads candidates with each kind of model: one file a kind.

late interaction   late.py     stored token vectors of the index where it has them, else the passage is encoded now
cross-encoder      windows.py  long passages in overlapping windows; the candidate says which one won
judge              judge.py    services and language models, which have notes to give beside scores
anything else      plain.py    an object with `score(query, passages)`
"""

from shortlist.rerank.readers.port import Reader, Reading
from shortlist.rerank.readers.table import reader_of

__all__ = ["Reader", "Reading", "reader_of"]
