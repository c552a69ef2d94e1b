"""
What every door of the server needs: credentials, limits, bodies, problems, and one record per
request.

It knows the use cases and all below them, and no door.
"""
