"""
Calls of a decorated function as runs: whose client, which task, and what of the result is recorded.

It knows the client and the context that the client yields; `decorators` puts it together.
"""
