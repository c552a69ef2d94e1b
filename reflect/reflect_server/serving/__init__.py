"""
A server: its parts put together, listening, and answering.

It knows every room below, and is the lowest that knows which store there is.
"""
