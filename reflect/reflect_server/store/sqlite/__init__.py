"""
The embedded store: one SQLite file in a data folder.
"""

from reflect_server.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
