"""Scripts and languages, terms, sentences, spans. This room knows no file and no model."""

from shortlist.text.fold import fold, fold_with_offsets
from shortlist.text.terms import query_terms, term_spans, terms

__all__ = ["fold", "fold_with_offsets", "query_terms", "term_spans", "terms"]
