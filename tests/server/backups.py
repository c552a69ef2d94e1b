"""
What backups and data folders hold, to compare them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from reflect_server.store.sqlite import SqliteStore


def holds(folder: Path, saved: Path) -> bool:
    """
    Say whether a folder's database and secret are both those of a backup; neither is of another.
    """
    same = [
        dump(folder / "reflect.db") == dump(saved / "reflect.db"),
        (folder / "secret.key").read_bytes() == (saved / "secret.key").read_bytes(),
    ]
    assert same[0] == same[1]
    return same[0]


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def everything(folder: Path) -> list[str]:
    with closing(SqliteStore(folder)) as store:
        return list(store._connection.iterdump())
