"""
How a request is delivered: connections, retries, deadlines, cancellation and errors.

It knows HTTP, the settings and the errors; what is sent, a trace or a query, is nothing to it.
"""
