"""Scripts and languages, terms, sentences, spans. This room knows no file and no model."""

from shortlist.text.fold import fold, fold_with_offsets
from shortlist.text.matches import matched_spans
from shortlist.text.scripts import han_share, language
from shortlist.text.sentences import sentence_spans
from shortlist.text.terms import query_terms, term_spans, terms

__all__ = [
    "fold",
    "fold_with_offsets",
    "han_share",
    "language",
    "matched_spans",
    "query_terms",
    "sentence_spans",
    "term_spans",
    "terms",
]
