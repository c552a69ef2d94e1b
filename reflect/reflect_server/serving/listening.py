"""
Listening: a socket of our own, and uvicorn on it.
"""

from __future__ import annotations

import _thread
import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from types import FrameType

import uvicorn

from reflect_server.configuration.settings import Settings
from reflect_server.data_folder import presence
from reflect_server.errors import SettingsError
from reflect_server.http.service import Service
from reflect_server.observability.logs import configure_logs
from reflect_server.serving.app import App
from reflect_server.serving.composition import running_service
from reflect_server.serving.connection import Connection
from reflect_server.serving.greeting import remote_warning
from reflect_server.serving.loading import told_to_come_back
from reflect_server.store.sqlite.folder_lock import FolderHeldError, is_held

_log = logging.getLogger("reflect_server.serving")
_ENDING = (signal.SIGINT, signal.SIGTERM)
_BACKLOG = 2048
_REMEDIES = {
    errno.EADDRINUSE: "Stop what is using it, or choose another port with `--port` (0 picks a free "
    "one).",
    errno.EADDRNOTAVAIL: "Name an address of this machine with `--host`.",
    errno.EACCES: "Choose a port from 1024 on with `--port`.",
}
_OPEN_FILES = 8_192
"""
Each connection takes one: the usual 1,024 are fewer than the requests that may wait, and many more
could hold much memory with their heads.
"""

_SWITCH_SECONDS = 0.0005
"""
How long a thread that computes may hold Python's lock while others want it. A write takes it some
ten times, and would wait for the usual 5 ms each time while a long run becomes a memory.
"""

_LONGEST_WARM_UP = 2.0
"""
How long the embedder's model is waited for, in seconds, before other requests are served that do
not need it.
"""

_REOPENING_SECONDS = 2.0
"""How long requests are held while a restored folder is opened, which takes less than a retry."""

_DRAIN_SECONDS = 2
_KEEP_ALIVE_SECONDS = 75


def serve(
    settings: Settings,
    announce: Callable[[str, Service], None],
    *,
    end_with_stdin: bool = False,
) -> None:
    """
    Run the service until a signal ends it. Signals that follow change nothing.

    Args:
        settings: How it is configured.
        announce: Called with the address and the service once requests are served.
        end_with_stdin: Whether the end of standard input is such a signal.

    Raises:
        ReflectServerError: The service cannot start; says why.
    """
    configure_logs(level=settings.log_level, form=settings.log_format)
    _allow_many_connections()
    sys.setswitchinterval(_SWITCH_SECONDS)
    warning = remote_warning(settings.host)
    if warning:
        _log.warning(warning)
    for number in _ENDING:
        signal.signal(number, _leave)
    if end_with_stdin:
        threading.Thread(target=_await_end_of_stdin, name="stdin", daemon=True).start()
    reopening = _Reopening()
    if is_held(settings.data_dir):  # Says more than that the port is taken, as it then is too.
        raise FolderHeldError(settings.data_dir)
    with listening(settings.host, settings.port) as listener:
        address, patience = _address(listener), 0.0
        while True:
            with (
                _loaded(settings, listener, patience) as service,
                presence.announced(settings.data_dir, address),
            ):
                server = _Server(service, partial(announce, address, service))
                reopening.watch(server)
                with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                    runner.run(server.serve(sockets=[listener.dup()]))
            if not reopening.wanted():
                return
            announce, patience = _nothing, _REOPENING_SECONDS


@contextmanager
def _loaded(settings: Settings, listener: socket.socket, patience: float) -> Iterator[Service]:
    """
    Run the service; whoever asks before it is put together is told to come back after some seconds.
    """
    with ExitStack() as running:
        with told_to_come_back(listener, after=patience):
            service = running.enter_context(running_service(settings))
            service.warm_up.wait(_LONGEST_WARM_UP)
        yield service


def _allow_many_connections() -> None:
    """
    Raise the limit of open files, which systems set low for programs that cannot cope with more.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _nothing(address: str, service: Service) -> None:
    pass


class _Reopening:
    """
    Whether another process has asked the server to open its data folder again.
    """

    def __init__(self) -> None:
        self._wanted = False
        self._server: uvicorn.Server | None = None
        if presence.REOPEN_SIGNAL is not None:
            signal.signal(presence.REOPEN_SIGNAL, self._note)

    def watch(self, server: uvicorn.Server) -> None:
        """
        End this server when it is asked for.
        """
        self._server = server
        server.should_exit = self._wanted

    def wanted(self) -> bool:
        """
        Say whether it was asked for since the last time.
        """
        wanted, self._wanted = self._wanted, False
        return wanted

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as `signal` wants it
        self._wanted = True
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    def __init__(self, service: Service, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                App(service),
                http=Connection,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                proxy_headers=service.settings.trusted_proxies is not None,
                forwarded_allow_ips=service.settings.trusted_proxies,
            )
        )
        self._waiters = service.waiters
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._waiters.attach(asyncio.get_running_loop())
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._waiters.release()
        await super().shutdown(sockets)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound to
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104 - compared, not bound to
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as `signal` wants it
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(0)


def _await_end_of_stdin() -> None:
    # Not by `sys.stdin`: its lock, held here, would abort the interpreter's end.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    _thread.interrupt_main(signal.SIGTERM)


def listening(host: str, port: int) -> socket.socket:
    """
    Return a socket that listens.

    Args:
        host: The address, or its name.
        port: The port; 0 for any free one.

    Raises:
        SettingsError: There is no such address, or the port is taken or not this user's to take.
    """
    try:
        candidates = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"The host {host!r} cannot be found ({error}). Name an address of this machine."
        ) from error
    family, kind, protocol, _, address = candidates[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"The server cannot listen on port {port} of {host}: {error.strerror}. "
            f"{_REMEDIES.get(error.errno or 0, 'Choose another with `--host` and `--port`.')}"
        ) from error
    return listener
