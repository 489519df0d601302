"""`records.sqlite`, the truth: documents, chunks, features, settings and the log of changes."""
