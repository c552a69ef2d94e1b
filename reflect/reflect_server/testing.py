"""
A real server for tests, of this project and of yours.

Example:
    >>> from reflect_sdk import ReflectClient
    >>> from reflect_server.testing import running_server
    >>> with running_server() as (base_url, api_key):
    ...     client = ReflectClient(base_url=base_url, api_key=api_key)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from reflect_server.errors import ReflectServerError

START_SECONDS = 60.0
"""How long a server may take to start; far more than it needs, for machines under load."""

STOP_SECONDS = 10.0
"""How long a server may take to end before it is killed."""

_OWN_VARIABLES = ("REFLECT_", "Q_LEARNING_ALPHA")


class ServerStartError(ReflectServerError):
    """
    The server did not start. The message ends with what it has said.
    """

    code = "not_started"


class RunningServer(NamedTuple):
    """
    Where a server listens, and a key for it.

    Attributes:
        base_url: Its address, such as `http://127.0.0.1:43127`.
        api_key: A master key.
    """

    base_url: str
    api_key: str


class ServerProcess:
    """
    A server in a process of its own, started at once on a free port.

    It ends with the process that started it, however that ends, and not before: Ctrl+C in a
    terminal does not reach it.

    Args:
        data_dir: Its data folder; made when it does not exist.
        env: Environment variables for it, such as `REFLECT_BOOTSTRAP_TOKEN`. It inherits the
            others, except those that configure Reflect.
        within: A command that runs the server's command, such as `("nice", "-n", "5")`.

    Raises:
        ServerStartError: It did not start; says why.
    """

    def __init__(
        self, data_dir: Path, *, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
    ) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this Python, this package
            [
                *within,
                *(sys.executable, "-m", "reflect_server", "serve", "--json", "--port", "0"),
                *("--data-dir", str(data_dir), "--end-with-stdin"),
            ],
            env=_environment(env),
            process_group=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._said: list[bytes] = []
        self._listener = threading.Thread(target=self._listen, name="server-log", daemon=True)
        self._listener.start()
        try:
            self._record = self._first_line()
        except BaseException:
            self.kill()
            raise

    @property
    def base_url(self) -> str:
        """
        The server's address.
        """
        return str(self._record["address"])

    @property
    def first_key(self) -> str | None:
        """
        The master key of a first start; None where the folder had one already.
        """
        return self._record["api_key"]

    @property
    def log(self) -> str:
        """
        What the server has written to its standard error so far.
        """
        return b"".join(self._said).decode("utf-8", "replace")

    def stop(self) -> int:
        """
        End the server as an operator does, and return its exit code; kill it if it does not end.
        """
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._close()

    def kill(self) -> int:
        """
        End the server without notice, as a crash does, and return its exit code.
        """
        self.process.kill()
        try:
            return self.process.wait()
        finally:
            self._close()

    def _close(self) -> None:
        self._listener.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _listen(self) -> None:
        if self.process.stderr is not None:
            self._said.extend(self.process.stderr)

    def _first_line(self) -> dict[str, str | None]:
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            line = self.process.stdout.readline() if self.process.stdout else b""
        finally:
            watchdog.cancel()
        if not line:
            code = self.process.wait()
            self._listener.join()
            raise ServerStartError(
                f"The server did not start (exit code {code}). It said: {self.log.strip() or '-'}"
            )
        record: dict[str, str | None] = json.loads(line)
        return record


@contextmanager
def running_server(
    *, data_dir: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """
    Run a server for the length of a `with` block.

    It is ended politely after the block, and killed where the block raises.

    Args:
        data_dir: Its data folder, kept afterwards; None for a temporary one.
        env: Environment variables for it, such as `REFLECT_BOOTSTRAP_TOKEN`.

    Yields:
        Its address and a master key.

    Raises:
        ServerStartError: It did not start; says why.
    """
    with tempfile.TemporaryDirectory(prefix="reflect-") as temporary:
        folder = Path(temporary) if data_dir is None else data_dir
        known = _another_key(folder) if (folder / "secret.key").exists() else None
        server = ServerProcess(folder, env=env)
        try:
            yield RunningServer(server.base_url, server.first_key or known or "")
        except BaseException:
            server.kill()
            raise
        server.stop()


def _another_key(folder: Path) -> str:
    result = subprocess.run(  # noqa: S603 - this Python, this package
        [
            *(sys.executable, "-m", "reflect_server", "keys", "create", "--master", "--json"),
            *("--data-dir", str(folder)),
        ],
        env=_environment(None),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise ServerStartError(f"The server cannot be prepared. It said: {result.stderr.strip()}")
    return str(json.loads(result.stdout)["api_key"])


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OWN_VARIABLES)}
    return {**inherited, "REFLECT_CONFIG": "", **(extra or {})}
