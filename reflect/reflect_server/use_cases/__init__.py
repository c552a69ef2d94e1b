"""
What callers can have done, one module per resource: each reads and writes the store, and applies
the rules of `domain`.

It knows everything below, and nothing of HTTP: every door calls the same functions.
"""
