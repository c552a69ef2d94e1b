"""
The database file: recognised before it is touched, checked, and migrated to this schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from reflect_server.data_folder.private_files import make_private
from reflect_server.errors import StoreError
from reflect_server.store.sqlite.columns import digests, from_json, to_object

APPLICATION_ID = 0x5245464C
"""The mark in the file's header that says whose it is: `REFL` in ASCII."""

BUSY_SECONDS = 10.0
"""How long a write waits for another program that has locked the database."""

LARGEST_FULL_CHECK_BYTES = 1 << 30
"""Files above this size are not read through at every start, only after an unclean end."""

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_APPLICATION_ID_AT = slice(68, 72)
_OLDEST_SQLITE = (3, 37, 0)


def migrations() -> list[str]:
    """
    Return the SQL of every migration, first to last; the n-th makes schema version n.
    """
    folder = files("reflect_server.store.sqlite") / "migrations"
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return [script.read_text(encoding="utf-8") for script in scripts]


def connect(path: Path) -> sqlite3.Connection:
    """
    Open a connection with the settings that all of this store's connections share.

    Args:
        path: The database file.

    Returns:
        A connection in which transactions are begun and ended by statements alone.
    """
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def open_database(path: Path) -> sqlite3.Connection:
    """
    Open the database for writing, made or migrated to this version's schema.

    A file that is not a Reflect database, is damaged, or comes from a newer version is left as it
    is.

    Args:
        path: The database file, in a folder that this process holds.

    Returns:
        A connection to a database whose schema is current.

    Raises:
        StoreError: The file is foreign, damaged, too new, or cannot be opened.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            f"Python's SQLite is version {sqlite3.sqlite_version}, and 3.37 or newer is needed. "
            "Use a Python that was built with a newer SQLite."
        )
    try:
        refuse_foreign_file(path)
        make_private(path)
        unclean = path.with_name(path.name + "-wal").exists()
        connection = connect(path)
        try:
            _set_up(connection, path, unclean=unclean)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        if error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise _damaged(path, str(error)) from error
        raise _unusable(path, str(error)) from error
    return connection


def refuse_foreign_file(path: Path) -> None:
    """
    Refuse a file that is no database of this program, before SQLite touches it.

    Args:
        path: The database file; one that is missing or empty will do.

    Raises:
        StoreError: It is something else.
        OSError: It cannot be read.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise StoreError(
            f"The file {path} is not a database: it was overwritten or damaged. Nothing was "
            "changed. Restore it from a backup, or move it away to start with an empty one."
        )
    if int.from_bytes(header[_APPLICATION_ID_AT], "big") != APPLICATION_ID:
        raise StoreError(
            f"The file {path} is a database of another program. Nothing was changed. "
            "Move it away, or choose another data folder."
        )


def _set_up(connection: sqlite3.Connection, path: Path, *, unclean: bool) -> None:
    if _pragma(connection, "schema_version") == 0 and _pragma(connection, "application_id") == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    if unclean or path.stat().st_size <= LARGEST_FULL_CHECK_BYTES:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise _damaged(path, finding)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    migrate(connection, path, migrations())


def migrate(connection: sqlite3.Connection, path: Path, scripts: Sequence[str]) -> None:
    """
    Bring a database to the schema version that a sequence of migrations leads to.

    Args:
        connection: The database.
        path: Its file, for messages.
        scripts: The migrations from the first on.

    Raises:
        StoreError: The database is newer.
        sqlite3.Error: A migration fails; the database is as the one before has left it.
    """
    version = _pragma(connection, "user_version")
    if version > len(scripts):
        raise StoreError(
            f"The database {path} has schema version {version}, and this version of Reflect knows "
            f"versions up to {len(scripts)}. Use the newer Reflect that wrote it."
        )
    connection.create_function("metadata_digests", 1, _metadata_digests, deterministic=True)
    connection.create_function("from_hex", 1, bytes.fromhex, deterministic=True)
    for number, script in enumerate(scripts[version:], start=version + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _metadata_digests(metadata: str) -> str:
    return from_json([digest.hex() for digest in digests(to_object(metadata))])


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _unusable(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"The database {path} cannot be opened ({reason}). Check that it is a file that this user "
        "may read and write, and that its disk has room."
    )


def _damaged(path: Path, finding: str) -> StoreError:
    return StoreError(
        f"The database {path} is damaged ({' '.join(finding.split())}). Nothing was changed. "
        "Restore it from a backup, or move it away to start with an empty one."
    )
