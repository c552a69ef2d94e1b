"""
Services behind TLS.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from reflect_sdk import (
    CertificateError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidArgumentError,
    ReflectClient,
)

from .scripted import TRACE, Answer, Scripted, raw_server
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


def _get(url: str, world: str, timeout: float = 30.0, **options: Any) -> Any:
    with ReflectClient(
        base_url=url.replace("http:", "https:"),
        api_key="k",
        timeout=timeout,
        max_retries=0,
        **options,
    ) as client:
        return _trace(client, world)


def _trace(client: ReflectClient, world: str) -> Any:
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


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_certificate_that_does_not_verify_is_told_as_such_and_not_tried_again(
    authority: trustme.CA, world: str
):
    connections: list[socket.socket] = []

    def count(connection: socket.socket, over: threading.Event) -> None:
        connections.append(connection)
        _over_tls(trustme.CA(), _answering)(connection, over)

    with (
        raw_server(count) as url,
        ReflectClient(base_url=url.replace("http:", "https:"), api_key="k") as client,
        pytest.raises(CertificateError) as caught,
    ):
        _trace(client, world)
    assert "a certificate does not verify" in str(caught.value)
    assert "base_url" not in str(caught.value)
    assert caught.value.retries == 0
    assert len(connections) == 1


@pytest.mark.parametrize("world", ["", "_async"])
def test_the_trusted_authorities_can_be_given(tmp_path: Path, world: str):
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.create_default_context()
    made.configure_trust(context)
    with raw_server(_over_tls(made, _answering)) as url:
        for verify in (tmp_path / "authority.pem", str(tmp_path / "authority.pem"), context, False):
            assert _get(url, world, verify=verify).id == "t1"
        with pytest.raises(CertificateError):
            _get(url, world)


def test_authorities_in_a_folder_can_be_given(tmp_path: Path):
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    with raw_server(_over_tls(made, _answering)) as url:
        assert _get(url, "", verify=tmp_path).id == "t1"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", None])
def test_authorities_that_are_gone_are_named_where_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: Scripted, variable: str | None
):
    gone = str(tmp_path / "gone.pem")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, gone)
    verify = True if variable else gone
    with pytest.raises(InvalidArgumentError) as caught:
        ReflectClient(base_url="https://service.test", api_key="k", verify=verify)
    assert f"{variable or 'verify'} names {gone!r}" in str(caught.value)
    if variable:
        service.script(Answer(body=TRACE))
        for proxy in (None, service.url):
            with ReflectClient(base_url=service.url, api_key="k", proxy=proxy) as client:
                assert client.get_trace("t1").id == "t1"
                assert asyncio.run(client.get_trace_async("t1")).id == "t1"


def test_a_file_without_certificates_is_named(tmp_path: Path):
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(InvalidArgumentError, match=r"empty\.pem"):
        ReflectClient(base_url="https://service.test", api_key="k", verify=empty)


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_proxy_over_tls_is_trusted_like_the_service(authority: trustme.CA, world: str):
    options: dict[str, Any] = {"base_url": "http://service.test", "api_key": "k", "max_retries": 0}
    with raw_server(_over_tls(authority, _answering)) as url:
        client = ReflectClient(**options, proxy=url.replace("http:", "https:"))
        assert _trace(client, world).id == "t1"
        client.close()
    with raw_server(_over_tls(trustme.CA(), _answering)) as url:
        client = ReflectClient(**options, proxy=url.replace("http:", "https:"))
        with pytest.raises(CertificateError, match="through the proxy https://"):
            _trace(client, world)


def test_a_proxy_with_authorities_of_its_own_keeps_them(authority: trustme.CA):
    context = ssl.create_default_context()
    other = trustme.CA()
    other.configure_trust(context)
    with raw_server(_over_tls(other, _answering)) as url:
        proxy = httpx.Proxy(url.replace("http:", "https:"), ssl_context=context)
        with ReflectClient(base_url="http://service.test", api_key="k", proxy=proxy) as client:
            assert client.get_trace("t1").id == "t1"
