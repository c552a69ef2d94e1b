"""
The rules of Reflect: what a review does, what a query returns, how a value is learned.

Pure functions and values. It knows the standard library, numpy and `errors`, and nothing of HTTP,
SQL or models.
"""
