"""
The presence file: which process serves a data folder, and at which address.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from reflect_server.errors import ReflectServerError

PRESENCE_NAME = "server.json"
"""The file in the data folder. It means nothing where no server holds the folder."""

REOPEN_SIGNAL = getattr(signal, "SIGUSR1", None)
"""Asks a server to open its data folder again; None where the platform has no such signal."""

_LOOK_EVERY_SECONDS = 0.05


class Presence(msgspec.Struct, frozen=True):
    """
    A running server.

    Attributes:
        pid: Its process.
        address: Where it listens, such as `http://127.0.0.1:8000`.
    """

    pid: int
    address: str


class ReopenError(ReflectServerError):
    """
    The running server cannot be made to open its data folder again.
    """

    code = "not_reopened"


@contextmanager
def announced(folder: Path, address: str) -> Iterator[None]:
    """
    Say for the length of a `with` block that this process serves the folder's data.

    Args:
        folder: The data folder, which this process holds.
        address: Where it listens.
    """
    draft = folder / f"{PRESENCE_NAME}.new"
    with suppress(OSError):  # A convenience for other commands is no reason to stop.
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.encode(Presence(os.getpid(), address)))
        draft.replace(folder / PRESENCE_NAME)
    try:
        yield
    finally:
        withdraw(folder)


def withdraw(folder: Path) -> None:
    """
    Say that no server serves the folder's data, or none any longer.

    Args:
        folder: The data folder, which this process holds.
    """
    with suppress(OSError):
        (folder / PRESENCE_NAME).unlink(missing_ok=True)


def presence_in(folder: Path) -> Presence | None:
    """
    Return the server that the folder's file names, or None where it names none.

    Args:
        folder: The data folder, which a server holds.
    """
    try:
        return msgspec.json.decode((folder / PRESENCE_NAME).read_bytes(), type=Presence)
    except (OSError, msgspec.DecodeError):
        return None


def holder_of(folder: Path) -> str:
    """
    Say in words what holds a data folder.

    Args:
        folder: The data folder, which something holds.
    """
    server = presence_in(folder)
    if server is None:
        return "another process"
    return f"the server at {server.address} (process {server.pid})"


def reopen(server: Presence | None, *, done: Callable[[], bool], seconds: float = 30.0) -> None:
    """
    Ask a running server to open its data folder again, and wait until it has.

    Requests that come meanwhile wait in the queue of its socket.

    Args:
        server: The server; None where it could not be found.
        done: Says whether it has.
        seconds: How long to wait for it.

    Raises:
        ReopenError: It cannot be asked, or does not do it in time.
    """
    if server is None or REOPEN_SIGNAL is None or sys.platform == "win32":
        raise ReopenError(
            "The server that uses this data folder cannot be asked to open it again. "
            "Stop it and start it: what is staged is taken then."
        )
    try:
        os.kill(server.pid, REOPEN_SIGNAL)
    except OSError as error:
        raise ReopenError(
            f"The server with the process id {server.pid} cannot be asked to open its data folder "
            f"again ({error.strerror}). Run this as its user, or stop it and start it: what is "
            "staged is taken then."
        ) from error
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise ReopenError(
                f"The server at {server.address} did not open its data folder again within "
                f"{seconds:g} s. Look at its log, or stop it and start it: what is staged is "
                "taken then."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
