"""
The data folder: whether it can be used, what holds it, and whether what is in it is sound.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reflect_server.configuration.addresses import is_local
from reflect_server.configuration.settings import Settings
from reflect_server.data_folder.presence import holder_of
from reflect_server.data_folder.private_files import may_use
from reflect_server.data_folder.secret import SECRET_FILE, load_pepper
from reflect_server.domain.trace import IngestStatus
from reflect_server.errors import ReflectServerError
from reflect_server.maintenance.doctor.findings import Finding, ok, problem, problem_of, warning
from reflect_server.store.sqlite.folder_lock import LOCK_NAME, RESTORE_LOCK_NAME, is_held
from reflect_server.store.sqlite.inspection import (
    Contents,
    Inspection,
    UnreadableDatabaseError,
    inspect,
    may_have_keys,
)
from reflect_server.store.sqlite.staging import DATABASE_NAME, is_half_taken, lies_ready
from reflect_server.terminal.counting import counted

CLOCK_TOLERANCE = timedelta(minutes=5)
"""What was written further in the future than this was written by another clock."""

LONG_WAIT = timedelta(minutes=10)
"""A trace that is due for longer is not being ingested."""

_OPENED = (
    *(LOCK_NAME, RESTORE_LOCK_NAME),
    *(DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"),
)
_OPEN = (
    "Run this and the server as the user whose files these are, or give the data folder and all in "
    "it to this user with `chown`."
)


def check_folder(settings: Settings) -> Iterator[Finding]:
    """
    See whether the data folder can be written, and who holds it.
    """
    folder = settings.data_dir
    if not folder.exists():
        yield _missing(folder)
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        yield problem(
            "data folder",
            f"{folder} cannot be written ({error.strerror}).",
            "Make it a folder that this user may write, on a disk with room, or choose another "
            "with `--data-dir`.",
        )
        return
    files = [folder / name for name in _OPENED if (folder / name).exists()]
    closed = [path for path in files if not may_use(path)]
    if closed:
        named = " and ".join(map(str, closed))
        yield problem("data folder", f"This user cannot read and write {named}.", _OPEN)
    elif is_held(folder):
        yield ok("data folder", f"{folder} is in use by {holder_of(folder)}.")
    else:
        yield ok("data folder", f"{folder} can be used.")
    try:
        yield from _of_restores(folder)
    except OSError as error:
        found = f"What a restore has left in {folder} cannot be read ({error.strerror})."
        yield problem("data folder", found, _OPEN)


def _of_restores(folder: Path) -> Iterator[Finding]:
    if is_half_taken(folder):
        yield warning(
            "data folder",
            f"A restore into {folder} was interrupted.",
            "Start the server, or start it again: it completes the restore.",
        )
    elif lies_ready(folder):
        yield warning(
            "data folder",
            f"A backup lies ready in {folder}.",
            "Start the server, or start it again, to take it.",
        )


def check_database(settings: Settings) -> Iterator[Finding]:
    """
    Read the database through, and look at what waits in it.
    """
    path = settings.data_dir / DATABASE_NAME
    if not path.exists():
        return
    now = datetime.now(UTC)
    try:
        found = inspect(path, now=now)
    except UnreadableDatabaseError as error:
        what = "is damaged" if error.is_damaged else "cannot be read"
        remedy = _restore(settings) if error.is_damaged else _OPEN
        yield problem("database", f"{path} {what} ({error.reason}).", remedy)
    except ReflectServerError as error:
        yield problem_of("database", error.message)
    except OSError as error:
        yield problem("database", f"{path} cannot be read ({error.strerror}).", _OPEN)
    else:
        yield _of_file(path, found, settings)
        if found.contents is not None:
            yield from _check_queue(found.contents, settings, now)
            yield from _check_keys(found.contents, settings)
            yield from _check_clock(found.contents, now)


def _of_file(path: Path, found: Inspection, settings: Settings) -> Finding:
    if found.schema_version > found.newest_version:
        return problem(
            "database",
            f"{path} has schema version {found.schema_version}, and this Reflect knows versions up "
            f"to {found.newest_version}.",
            "Use the newer Reflect that wrote it.",
        )
    if found.damage is not None:
        return problem("database", f"{path} is damaged ({found.damage}).", _restore(settings))
    size = found.size / (1 << 20)
    sound = f"{path} is sound, {size:,.1f} MiB, schema version {found.schema_version}."
    return ok("database", sound)


def check_secret(settings: Settings) -> Iterator[Finding]:
    """
    See whether API keys can be recognised.
    """
    path = settings.data_dir / SECRET_FILE
    database = settings.data_dir / DATABASE_NAME
    if not database.exists():
        return
    if not path.exists() and not may_have_keys(database):
        yield ok("secret", f"{path} does not exist yet; the first start makes it.")
        return
    try:
        load_pepper(settings.data_dir, may_create=False)
    except ReflectServerError as error:
        yield problem_of("secret", error.message)
        return
    if sys.platform != "win32" and _open_to_others(path):
        yield warning(
            "secret",
            f"Others on this machine can read {path}.",
            f"Run `chmod 600 {shlex.quote(str(path))}`.",
        )
    else:
        yield ok("secret", f"{path} is there, and its owner's alone.")


def _restore(settings: Settings) -> str:
    return (
        f"Restore a backup, by `reflect restore BACKUP {_named(settings)} --replace`, "
        "or move the file away to start anew."
    )


def _named(settings: Settings) -> str:
    return f"--data-dir {shlex.quote(str(settings.data_dir))}"


def _missing(folder: Path) -> Finding:
    parent = next(path for path in folder.parents if path.exists())
    if parent.is_dir() and os.access(parent, os.W_OK):
        return ok("data folder", f"{folder} does not exist yet; the first start makes it.")
    return problem(
        "data folder",
        f"{folder} does not exist, and this user cannot make it in {parent}.",
        "Let this user write there, or choose another folder with `--data-dir`.",
    )


def _check_queue(contents: Contents, settings: Settings, now: datetime) -> Iterator[Finding]:
    running = is_held(settings.data_dir)
    counts = contents.traces
    failed = counts.get(IngestStatus.FAILED, 0)
    waiting = counts.get(IngestStatus.QUEUED, 0) + counts.get(IngestStatus.PROCESSING, 0)
    if failed:
        reason = contents.last_failure or "no reason is known."
        yield warning(
            "ingestion",
            f"{counted(failed, 'trace')} given up. The last one: {reason}",
            f"Mend the cause, then {_retry(contents, settings, running=running)}.",
        )
    due = contents.oldest_due_at
    if running and due is not None and now - due > LONG_WAIT:
        yield warning(
            "ingestion",
            f"{counted(waiting, 'trace')} in the queue, the oldest for more than {LONG_WAIT}.",
            "Look at the server's log; where a model writes reflections, at its endpoint.",
        )
    elif not failed:
        yield ok("ingestion", f"{counted(waiting, 'trace')} in the queue, none given up.")


def _retry(contents: Contents, settings: Settings, *, running: bool) -> str:
    """
    Say how failed traces are ingested again. The project is named, as a server that runs retries
    those of one, and `REFLECT_PROJECT_ID` may name another.
    """
    project, *others = contents.failed_projects
    command = f"`reflect retry --project={shlex.quote(project)} {_named(settings)}`"
    key = " with a key in `REFLECT_API_KEY`" if running else ""
    more = ", and so for each other project with failed traces" if others else ""
    return f"run {command}{key}{more}"


def _check_keys(contents: Contents, settings: Settings) -> Iterator[Finding]:
    create = f"`reflect keys create --master {_named(settings)}`"
    can_bootstrap = settings.bootstrap_token is not None
    if contents.usable_keys:
        yield ok("keys", f"{counted(contents.usable_keys, 'API key')} can be used.")
    elif contents.keys:
        found = "Every API key has expired or was revoked, and the start makes no new one."
        remedy = f"Stop the server if it runs, and make a master key with {create}."
        yield warning("keys", found, remedy) if can_bootstrap else problem("keys", found, remedy)
    elif is_local(settings.host) or can_bootstrap:
        yield ok("keys", "There is no API key yet.")
    else:
        yield problem(
            "keys",
            "There is no API key yet, and without one the server does not start on "
            f"{settings.host}.",
            f"Make one with {create}.",
        )


def _check_clock(contents: Contents, now: datetime) -> Iterator[Finding]:
    newest = contents.newest_trace_at
    if newest is not None and newest - now > CLOCK_TOLERANCE:
        yield warning(
            "clock",
            f"The newest traces are of {newest:%Y-%m-%d %H:%M} UTC, which is still to come.",
            "Set the clock of this machine, by NTP for example.",
        )


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
