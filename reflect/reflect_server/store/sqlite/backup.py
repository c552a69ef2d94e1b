"""
Backups of a data folder: made while a server writes, verified, and put back.

A backup is a folder with the database, the installation's secret, and `backup.json`, which says
what they must be. It is put back in two steps, so that a crash at any moment leaves either the old
data or the new: `stage` copies it into the data folder beside what is there, and
`staging.apply_staged`, which every opening of the folder begins with, moves the files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

import msgspec

from reflect_server.data_folder.private_files import make_private
from reflect_server.errors import StoreError
from reflect_server.store.sqlite.schema import migrations, refuse_foreign_file
from reflect_server.store.sqlite.snapshot import require_database, require_one_database, snapshot
from reflect_server.store.sqlite.staging import DATABASE_NAME, MANIFEST_NAME, STAGED_NAME

_PAGES_PER_STEP = 1024
_CHUNK = 1 << 20
_COUNTED = ("projects", "traces", "memories", "api_keys")

Progress = Callable[[int, int], None]
"""Called with how much has been copied and how much there is in all, in pages."""


class FileFact(msgspec.Struct, frozen=True):
    """
    What a file of a backup must be.

    Attributes:
        bytes: Its size.
        sha256: The hash of its content, in hexadecimal digits.
    """

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """
    What a backup says of itself.

    Attributes:
        format: Always `reflect-backup`.
        created_at: When it was made, in UTC.
        schema_version: The schema of its database.
        counts: How many projects, traces, memories and keys it holds.
        files: Its files by name.
    """

    format: Literal["reflect-backup"]
    created_at: datetime
    schema_version: int
    counts: dict[str, int]
    files: dict[str, FileFact]


def back_up(
    folder: Path, target: Path, *, secret_name: str, progress: Progress | None = None
) -> Manifest:
    """
    Copy a data folder as it is at one moment, while a server may go on writing.

    Args:
        folder: The data folder.
        target: The backup; it must not exist. It appears under this name once it is whole.
        secret_name: The file with the installation's secret.
        progress: Is told how far the copy is.

    Returns:
        What was copied.

    Raises:
        StoreError: There is nothing to copy, or half of a restore; the target exists; or a disk
            fails or is full.
    """
    _require_new(target)
    require_one_database(folder)
    require_database(folder)
    if not (folder / secret_name).exists():
        raise StoreError(
            f"The file {folder / secret_name} is missing, and a backup without it would be of no "
            "use. Start the server once, which makes it where there is no API key yet; where there "
            "are keys, `reflect doctor` says what to do."
        )
    with _making(target, folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        # Of its own for each, as two that overlap would otherwise spoil each other's.
        draft = Path(mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent))
    try:
        with _making(target, folder):
            before = _identity(folder, secret_name)
            # The copy's errors are told before `snapshot` would take them for the source's.
            with snapshot(folder, older=True) as source, _making(target, folder):
                make_private(draft / DATABASE_NAME)
                with closing(sqlite3.connect(draft / DATABASE_NAME)) as copy:
                    source.backup(copy, pages=_PAGES_PER_STEP, progress=_told(progress))
                    copy.execute("PRAGMA journal_mode = DELETE")
                _copy(folder / secret_name, draft / secret_name)
            if _identity(folder, secret_name) != before:
                raise StoreError(
                    f"A restore has put other files into {folder} while it was copied. "
                    "Run this again."
                )
            manifest = _describe(draft, [DATABASE_NAME, secret_name])
            _write(draft / MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest)))
            _require_new(target)
            draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _identity(folder: Path, secret_name: str) -> tuple[int, int, bytes]:
    """
    Return what changes where another database or secret takes the place of the folder's.
    """
    status = (folder / DATABASE_NAME).stat()
    return status.st_dev, status.st_ino, (folder / secret_name).read_bytes()


def _require_new(target: Path) -> None:
    if target.exists():
        raise StoreError(f"{target} exists already. Name a new folder for the backup.")


@contextmanager
def _making(target: Path, folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"The backup {target} could not be made ({reason}). Nothing of {folder} was changed. "
            "Check that the target can be written and has room."
        ) from error


def verify(backup: Path) -> Manifest:
    """
    Make sure that a backup is whole and can be used by this version.

    Args:
        backup: The folder that `back_up` made.

    Raises:
        StoreError: It is no backup, is damaged, or comes from a newer version.
    """
    try:
        manifest = msgspec.json.decode((backup / MANIFEST_NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(
            f"The folder {backup} is no backup: its {MANIFEST_NAME} cannot be read. "
            "Name a folder that `reflect backup` has made."
        ) from error
    if manifest.schema_version > len(migrations()):
        raise StoreError(
            f"The backup {backup} has schema version {manifest.schema_version}, and this version "
            f"of Reflect knows versions up to {len(migrations())}. Use a newer Reflect."
        )
    if DATABASE_NAME not in manifest.files or not manifest.counts.keys() >= {*_COUNTED}:
        raise _damaged(backup, f"{MANIFEST_NAME} does not say all of what it holds")
    for name, fact in manifest.files.items():
        if Path(name).name != name:  # It could lie anywhere, and be written anywhere.
            raise _damaged(backup, f"{MANIFEST_NAME} names {name!r}, which is no file in it")
        try:
            found = _fact(backup / name)
        except OSError as error:
            raise _damaged(backup, f"{name} cannot be read: {error.strerror}") from error
        if found != fact:
            raise _damaged(backup, f"{name} is not the file that was saved")
    return manifest


def stage(backup: Path, folder: Path) -> Manifest:
    """
    Copy a verified backup into a data folder, to be taken at its next opening.

    Args:
        backup: The backup.
        folder: The data folder; made when it does not exist.

    Returns:
        What was staged.

    Raises:
        StoreError: The backup cannot be used, or the folder cannot be written.
    """
    manifest = verify(backup)
    staged = folder / STAGED_NAME
    try:
        # First, as what is left of an earlier backup would count as whole with it.
        (staged / MANIFEST_NAME).unlink(missing_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700, parents=True)
        for name in manifest.files:
            _copy(backup / name, staged / name)
        draft = staged / f"{MANIFEST_NAME}.partial"
        _copy(backup / MANIFEST_NAME, draft)
        draft.replace(staged / MANIFEST_NAME)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise StoreError(
            f"The backup could not be copied to {folder} ({error.strerror}). Nothing of it was "
            "changed. Check that it can be written and has room."
        ) from error
    return manifest


def _told(progress: Progress | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    return lambda _, remaining, total: progress(total - remaining, total)


def _describe(folder: Path, names: list[str]) -> Manifest:
    path = folder / DATABASE_NAME
    refuse_foreign_file(path)
    with closing(sqlite3.connect(path)) as connection:
        findings = connection.execute("PRAGMA integrity_check(1)").fetchone()
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if findings != ("ok",) or broken is not None:
            raise StoreError(
                "The database is damaged, and so is any copy of it. Restore an earlier backup."
            )
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - a name of our own
            for table in _COUNTED
        }
    return Manifest(
        format="reflect-backup",
        created_at=datetime.now(UTC),
        schema_version=version,
        counts=counts,
        files={name: _fact(folder / name) for name in names},
    )


def _fact(path: Path) -> FileFact:
    with path.open("rb") as file:
        return FileFact(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _copy(source: Path, target: Path) -> None:
    make_private(target)
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, _CHUNK)
        writing.flush()
        os.fsync(writing.fileno())


def _write(path: Path, content: bytes) -> None:
    make_private(path)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _damaged(backup: Path, reason: str) -> StoreError:
    return StoreError(
        f"The backup {backup} is damaged: {reason}. Nothing was changed. Use another backup."
    )
