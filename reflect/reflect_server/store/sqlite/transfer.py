"""
Projects as JSON lines: written from one data folder, read into another, exact to the last bit.

The first line says what the file is, each further one holds a row, and the last one how many rows
there are, so that a file that was cut off is told from a whole one. API keys stay where they are:
they are of use only with the secret of their installation.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec

from reflect_server.data_folder.private_files import make_private
from reflect_server.domain.pagination import Identified
from reflect_server.domain.trace import Trace
from reflect_server.errors import ReflectServerError
from reflect_server.store.protocol.paged import Paged
from reflect_server.store.sqlite.failures import store_error
from reflect_server.store.sqlite.folder_lock import FolderHeldError, FolderLock
from reflect_server.store.sqlite.memories import SqliteMemories
from reflect_server.store.sqlite.memory_contents import MemoryContents
from reflect_server.store.sqlite.rows import Row, Table, count_rows, insert_row, rows_of, tables
from reflect_server.store.sqlite.schema import connect, migrate, migrations, open_database
from reflect_server.store.sqlite.skills import SqliteSkills
from reflect_server.store.sqlite.snapshot import snapshot
from reflect_server.store.sqlite.staging import DATABASE_NAME, apply_staged
from reflect_server.store.sqlite.traces import SqliteTraces

FORMAT = "reflect-export"
VERSION = 1

Count = Callable[[int], None]
"""Called with the number of rows so far."""

_READ_AT_ONCE = 100

Entry = TypeVar("Entry", bound=Identified)

_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Blob(msgspec.Struct):
    base64: bytes


class _Header(msgspec.Struct):
    format: str
    version: int
    schema_version: Annotated[int, msgspec.Meta(ge=1)]


class _Line(msgspec.Struct):
    table: str | None = None
    row: dict[str, str | _Integer | float | _Blob | None] | None = None
    rows: int | None = None


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_line = msgspec.json.Decoder(_Line).decode


class TransferError(ReflectServerError):
    """
    A file is no whole export, or cannot be imported here.
    """

    code = "not_transferred"


def export(
    folder: Path, output: IO[str], *, projects: Sequence[str] | None = None, count: Count
) -> int:
    """
    Write projects as JSON lines, as they are at one moment; a server may go on writing.

    Args:
        folder: The data folder.
        output: Where to write, in UTF-8.
        projects: The projects; None for all.
        count: Is told how many rows are written.

    Returns:
        How many rows were written.

    Raises:
        TransferError: A project does not exist.
        StoreError: The database cannot be read.
    """
    with snapshot(folder) as connection:
        known = [row[0] for row in connection.execute("SELECT id FROM projects ORDER BY id")]
        missing = sorted({*(projects or ())} - {*known})
        if missing:
            raise TransferError(
                f"There is no project {missing[0]!r} in {folder}. It has "
                f"{', '.join(map(repr, known[:20])) or 'none'}."
            )
        chosen = known if projects is None else list(dict.fromkeys(projects))
        _write(output, _header(chosen, len(migrations())))
        written = 0
        for project_id in chosen:
            for table, row in _project(connection, project_id):
                _write(output, {"table": table.name, "row": row})
                written += 1
                count(written)
        _write(output, {"rows": written})
    return written


def import_(folder: Path, lines: Iterable[str], *, count: Count) -> list[str]:
    """
    Store exported projects, all or none, in a folder that no server holds.

    Their ids, times, Q-values, vectors and orders stay what they were. An export of an older
    version is brought to this one's schema.

    Args:
        folder: The data folder; made when it does not exist.
        lines: The lines of the export.
        count: Is told how many rows are stored.

    Returns:
        The projects.

    Raises:
        TransferError: The lines are no whole export, a project exists here already, or a server
            holds the folder.
        StoreError: The folder cannot be used.
    """
    numbered = enumerate(lines, start=1)
    header = _read_header(numbered)
    try:
        lock = FolderLock(folder)
    except FolderHeldError as error:
        raise TransferError(
            f"A server uses the data folder {folder}, and an import needs it alone. Nothing was "
            "imported. Stop the server, import, and start it again."
        ) from error
    try:
        apply_staged(folder)
        with closing(open_database(folder / DATABASE_NAME)) as target, _whole(target):
            if header.schema_version == len(migrations()):
                stored = _store(target, _read_rows(numbered), count)
            else:
                with _migrated(folder, numbered, header.schema_version) as older:
                    projects = [row[0] for row in older.execute("SELECT id FROM projects")]
                    rows = (found for p in projects for found in _project(older, p))
                    stored = _store(target, ((table.name, row) for table, row in rows), count)
            _require_readable(target, stored)
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise TransferError(
            f"The export does not fit into {folder} ({error}). Nothing was imported. "
            "Import it into an empty data folder."
        ) from error
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        lock.release()
    return stored


def _header(projects: list[str], schema_version: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "schema_version": schema_version,
        "created_at": datetime.now(UTC).isoformat(),
        "projects": projects,
    }


def _project(connection: sqlite3.Connection, project_id: str) -> Iterator[tuple[Table, Row]]:
    for table in tables(connection):
        for row in rows_of(connection, table, project_id):
            yield table, row


def _write(output: IO[str], line: dict[str, Any]) -> None:
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=_blob)
    output.write(text + "\n")


def _blob(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _read_header(numbered: Iterator[tuple[int, str]]) -> _Header:
    _, line = next(numbered, (1, ""))
    try:
        header = _decode_header(line)
    except (msgspec.DecodeError, RecursionError):
        header = None
    if header is None or header.format != FORMAT:
        raise TransferError(
            "The first line is not that of an export. Give a file that `reflect export` has made."
        )
    if header.version != VERSION or header.schema_version > len(migrations()):
        raise TransferError(
            "The export comes from a newer version of Reflect. Import it with that version."
        )
    return header


def _read_rows(numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[str, Row]]:
    read = 0
    for number, text in numbered:
        try:
            line = _decode_line(text)
        except (msgspec.DecodeError, RecursionError):
            raise _unreadable(number) from None
        if line.rows is not None:
            if line.rows != read:
                raise TransferError(
                    f"The export has {read} rows and says that it has {line.rows}. "
                    "Nothing was imported. Export it anew."
                )
            _require_end(numbered)
            return
        if line.table is None or line.row is None:
            raise _unreadable(number)
        read += 1
        yield line.table, {name: _value(value) for name, value in line.row.items()}
    raise TransferError(
        f"The export ends after {read} rows without its last line: it was cut off. "
        "Nothing was imported. Copy or export it anew."
    )


def _value(found: object) -> object:
    return found.base64 if isinstance(found, _Blob) else found


def _require_end(numbered: Iterator[tuple[int, str]]) -> None:
    for number, text in numbered:
        if text.strip():
            raise TransferError(
                f"Line {number} follows the last line of the export. Nothing was imported. "
                "If the file holds several exports, import each from a file of its own."
            )


def _unreadable(number: int) -> TransferError:
    return TransferError(
        f"Line {number} of the export cannot be read. Nothing was imported. Export it anew."
    )


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """
    Run a transaction in which rows may come before those that they refer to, and no trigger acts.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _store(target: sqlite3.Connection, rows: Iterable[tuple[str, Row]], count: Count) -> list[str]:
    projects: list[str] = []
    stored = 0
    by_name = {table.name: table for table in tables(target)}
    offsets = {name: _highest(target, table) for name, table in by_name.items()}
    for stored, (name, row) in enumerate(rows, start=1):
        table = by_name.get(name)
        if table is None or row.keys() != {*table.columns}:
            raise TransferError(
                f"A row of the table {name!r} does not fit this version. Nothing was imported."
            )
        if name == "projects":
            _require_new(target, row["id"])
            projects.append(row["id"])
        insert_row(target, table, _moved(row, table, offsets))
        count(stored)
    own = sum(count_rows(target, table, p) for table in by_name.values() for p in projects)
    if own != stored:  # They would change a project that was here before.
        raise TransferError(
            f"The export has {stored - own} rows of projects that are not part of it. "
            "Nothing was imported. Export it anew."
        )
    return projects


def _require_new(target: sqlite3.Connection, project_id: str) -> None:
    if target.execute("SELECT 1 FROM projects WHERE id = ?", (project_id,)).fetchone():
        raise TransferError(
            f"The project {project_id!r} exists here already. Nothing was imported. "
            "Delete it first, or import into another data folder."
        )


def _highest(connection: sqlite3.Connection, table: Table) -> int:
    if "seq" not in table.columns:
        return 0
    sql = f"""
        SELECT max(coalesce((SELECT max(seq) FROM {table.name}), 0), coalesce(max(seq), 0))
        FROM deleted_positions
        WHERE list = ?
    """  # noqa: S608 - a name of the schema
    (highest,) = connection.execute(sql, (table.name,)).fetchone()
    return int(highest)


def _moved(row: Row, table: Table, offsets: dict[str, int]) -> Row:
    """
    Give a row positions above those that the database has, in the order that they had.
    """
    places = {"seq": table.name} if "seq" in row else {}
    places.update((column, of) for column, (of, key) in table.references.items() if key == "seq")
    for column in places:
        if not isinstance(row[column], int):
            raise TransferError(
                f"A row of the table {table.name!r} has {row[column]!r} for its {column!r}, which "
                "is a whole number. Nothing was imported. Export it anew."
            )
    return {**row, **{column: row[column] + offsets[of] for column, of in places.items()}}


def _require_readable(target: sqlite3.Connection, projects: Sequence[str]) -> None:
    """
    Read what was stored, as the schema does not say what the JSON in its texts must be.
    """
    traces, skills = SqliteTraces(target), SqliteSkills(target)
    memories = SqliteMemories(target, MemoryContents())
    for project_id in projects:
        try:
            for trace in _each(traces, project_id):
                _require_messages(trace)
            for _ in _each(memories, project_id):
                pass
            skills.versions(project_id, limit=_READ_AT_ONCE)
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            raise TransferError(
                f"A row of the project {project_id!r} holds what cannot be read ({error}). "
                "Nothing was imported. Export it anew."
            ) from error


def _each(entries: Paged[Entry], project_id: str) -> Iterator[Entry]:
    after: str | None = None
    while page := entries.page(project_id, after=after, limit=_READ_AT_ONCE):
        yield from page
        after = entries.cursor_after(page[-1].id)


def _require_messages(trace: Trace) -> None:
    messages = trace.trajectory.messages
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise ValueError(f"the trajectory of {trace.id!r} is no list of objects")


@contextmanager
def _migrated(
    folder: Path, numbered: Iterator[tuple[int, str]], version: int
) -> Iterator[sqlite3.Connection]:
    """
    Load an export of an older version into a database of its schema, and bring that to this one's.
    """
    path = folder / "import.db"
    _remove(path)
    make_private(path)
    try:
        with closing(connect(path)) as connection:
            migrate(connection, path, migrations()[:version])
            with _whole(connection):
                by_name = {table.name: table for table in tables(connection)}
                for name, row in _read_rows(numbered):
                    insert_row(connection, by_name[name], row)
            migrate(connection, path, migrations())
            yield connection
    except KeyError as error:
        raise TransferError(
            f"The export has a row that its own version does not know ({error}). "
            "Nothing was imported. Export it anew."
        ) from error
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)
