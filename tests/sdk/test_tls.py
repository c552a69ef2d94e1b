"""
Services behind TLS.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from reflect_sdk import ConnectionFailedError, DeadlineExceededError, ReflectClient

from .scripted import raw_server
from .test_deadlines import WHOLE, Converse, _dripping, _request


def _answering(connection: socket.socket, over: threading.Event) -> None:
    _request(connection)
    connection.sendall(WHOLE)


def _over_tls(authority: trustme.CA, converse: Converse) -> Converse:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def talk(connection: socket.socket, over: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            converse(wrapped, over)

    return talk


def _get(url: str, world: str, timeout: float = 30.0) -> Any:
    with ReflectClient(
        base_url=url.replace("http:", "https:"), api_key="k", timeout=timeout, max_retries=0
    ) as client:
        called = getattr(client, f"get_trace{world}")("t1")
        return asyncio.run(called) if world else called


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """
    An authority that this process trusts.
    """
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_trusted_service_is_talked_to(authority: trustme.CA, world: str):
    with raw_server(_over_tls(authority, _answering)) as url:
        assert _get(url, world).id == "t1"


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_service_that_is_not_trusted_is_told_nothing(authority: trustme.CA, world: str):
    heard: list[bytes] = []

    def listen(connection: socket.socket, over: threading.Event) -> None:
        heard.append(connection.recv(65536))

    with (
        raw_server(_over_tls(trustme.CA(), listen)) as url,
        pytest.raises(ConnectionFailedError, match="certificate"),
    ):
        _get(url, world)
    assert b"".join(heard) == b""


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_dripping_service_ends_at_the_deadline(authority: trustme.CA, world: str):
    with (
        raw_server(_over_tls(authority, _dripping)) as url,
        pytest.raises(DeadlineExceededError),
    ):
        _get(url, world, timeout=0.4)
