"""
The spool: a queue on disk of runs that an outage has kept from being recorded.

Each run is one file with the request and its idempotency key. Delivering a file twice, even by two
processes at once, records it once: the service recognises the key.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from reflect_api.errors import InvalidArgumentError

_SUFFIX = ".trace.json"
_DELIVERING: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

with suppress(AttributeError):  # Windows does not fork.
    os.register_at_fork(after_in_child=_DELIVERING.clear)


@frozen
class SpooledTrace:
    """
    A run that waits to be recorded.

    Attributes:
        path: Its file.
        base_url: The service that it is for.
        project_id: The project that it is for.
        idempotency_key: The key that makes delivering it twice harmless.
        body: The request, as the API takes it.
    """

    path: Path
    base_url: str
    project_id: str
    idempotency_key: str
    body: dict[str, Any]

    def discard(self) -> None:
        """
        Forget the run; it has been recorded.
        """
        self.path.unlink(missing_ok=True)

    def refuse(self) -> Path:
        """
        Set the run aside, as the service will never take it, and return where.
        """
        refused = self.path.with_suffix(".refused")
        with suppress(FileNotFoundError):  # Another process has done it.
            self.path.replace(refused)
        return refused


@frozen
class Spool:
    """
    A folder of runs that wait to be recorded.

    Attributes:
        folder: The folder; made at the first use, for this user alone.
        base_url: The service that runs kept here are for.
    """

    folder: Path
    base_url: str

    @property
    def delivering(self) -> threading.Lock:
        """
        Held by the thread of this process that delivers the runs of this folder.
        """
        return _DELIVERING[self.folder.absolute()]

    def keep(self, project_id: str, idempotency_key: str, body: dict[str, Any]) -> Path:
        """
        Write a run to disk; it is there in full, or not at all.

        Args:
            project_id: The project that it is for.
            idempotency_key: The key that it was sent with.
            body: The request.

        Returns:
            Its file.

        Raises:
            OSError: If it cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns():020}-{uuid.uuid4()}{_SUFFIX}"
        record = {
            "base_url": self.base_url,
            "project_id": project_id,
            "idempotency_key": idempotency_key,
            "body": body,
        }
        unfinished = path.with_suffix(".unfinished")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _flush(self.folder)
        return path

    def waiting(self) -> Iterator[SpooledTrace]:
        """
        Read the runs for this service, oldest first. Files that are no run are passed over.
        """
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            try:
                trace = SpooledTrace(path=path, **json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                continue
            if trace.base_url == self.base_url:
                yield trace


def _flush(folder: Path) -> None:
    """
    Make the names of a folder's files outlast a loss of power, where the system can.
    """
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def checked_spool_dir(spool_dir: str | os.PathLike[str] | None) -> Path | None:
    """
    Return the folder of a spool.

    Raises:
        InvalidArgumentError: If there is something else at that path.
    """
    if spool_dir is None:
        return None
    folder = Path(spool_dir)
    if folder.exists() and not folder.is_dir():
        raise InvalidArgumentError(f"spool_dir must be a folder, and {folder} is none.")
    return folder
