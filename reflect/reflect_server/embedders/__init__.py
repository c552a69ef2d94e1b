"""
Embedders: they turn texts into vectors, so that a query can be compared with the tasks of
memories.

They know `providers` and the numbers in `domain`; nobody here knows what the vectors are for.
"""
