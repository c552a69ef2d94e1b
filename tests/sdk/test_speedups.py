"""
The extra `speedups`: who sends the asynchronous calls where it is installed.

That the client then behaves as it always does is what all tests in this folder say, which
`nox -s speedups` runs on it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import trio

from reflect_sdk import ConnectionFailedError, ReflectClient

from .scripted import TRACE, Answer, Scripted

RUNNERS: dict[str, Callable[..., Any]] = {
    "asyncio": lambda function: asyncio.run(function()),
    "trio": trio.run,
}


def _transport(loop: str = "asyncio", base_url: str = "http://service.test") -> str:
    client = ReflectClient(base_url=base_url, api_key="k")

    async def look() -> str:
        async with client:
            return type(client._pool.async_client()._transport).__name__

    found: str = RUNNERS[loop](look)
    return found


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_asynchronous_calls_are_sent_by_the_compiled_transport():
    assert _transport() == "CompiledTransport"


def test_what_it_cannot_do_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch):
    assert _transport("trio") == "AsyncHTTPTransport"
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/no-certificates-here.pem")
    assert _transport() == "AsyncHTTPTransport"
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:1")
    assert _transport() == "AsyncHTTPTransport"
    assert _transport(base_url="http://localhost:8000") == "CompiledTransport"


def test_a_request_that_it_refuses_is_left_to_httpx():
    client = ReflectClient(base_url="http://no such host", api_key="k", max_retries=0)
    with pytest.raises(ConnectionFailedError):
        asyncio.run(client.health_async())


def _run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ,
    ).stdout.strip()


def test_a_forked_process_sends_its_asynchronous_calls_without_the_threads_of_its_parent(
    service: Scripted,
):
    service.script(Answer(body=TRACE))
    output = _run(f"""
import asyncio, os
from reflect_sdk import ReflectClient
client = ReflectClient(base_url={service.url!r}, api_key="k")
asyncio.run(client.get_trace_async("t1"))
child = os.fork()
os.write(1, asyncio.run(client.get_trace_async("t1")).id.encode() + b"\\n")
if child:
    _, status = os.waitpid(child, 0)
    raise SystemExit(status)
""")
    assert output.split() == ["t1", "t1"]
    assert len({asked.peer for asked in service.asked}) == 3


@pytest.mark.parametrize(
    "preparation",
    [
        pytest.param("sys.modules['pyreqwest'] = None", id="not installed"),
        pytest.param("import pyreqwest; pyreqwest.__version__ = '1.0.0'", id="another version"),
    ],
)
def test_without_a_version_that_is_known_httpx_sends_everything(
    service: Scripted, preparation: str
):
    service.script(Answer(body=TRACE))
    output = _run(f"""
import asyncio, sys
{preparation}
from reflect_sdk import ReflectClient
client = ReflectClient(base_url={service.url!r}, api_key="k")
async def call():
    await client.get_trace_async("t1")
    return type(client._pool.async_client()._transport).__name__
print(asyncio.run(call()))
""")
    assert output == "AsyncHTTPTransport"
