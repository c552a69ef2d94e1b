"""
Embedders turn texts into vectors, so that a query can be compared with the tasks of memories.
"""
