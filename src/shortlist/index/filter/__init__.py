"""`where`: an SQL expression over metadata → our own small tree → the rows it allows.

No text of the user's ever becomes part of a statement: names are looked up, values are bound.
"""
