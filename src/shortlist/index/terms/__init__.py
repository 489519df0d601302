"""`terms/`: the term index and BM25."""
