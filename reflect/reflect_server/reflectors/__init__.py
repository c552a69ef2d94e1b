"""
Reflectors: they turn a reviewed run into what it teaches, with a language model or without.

They know `domain`, which reads the run, and `providers`; what becomes of a reflection is decided
above.
"""
