"""
One pool per client, shared by threads, event loops and clients with other options.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version

import httpcore
import httpx
import pytest

import reflect_sdk
from reflect_api.api.traces import get_trace
from reflect_sdk import InvalidArgumentError, ReflectClient, ServerError

from .scripted import MEMORY, RECEIPT, TRACE, Answer, Scripted


def test_calls_one_after_the_other_use_one_connection(service: Scripted, client: ReflectClient):
    service.script(Answer(body=TRACE))
    for _ in range(5):
        client.get_trace("t1")
    get_trace.sync(client=client.api, project_id="p", trace_id="t1")
    assert len({asked.peer for asked in service.asked}) == 1


def test_many_threads_at_first_use_make_one_pool(service: Scripted):
    service.script(Answer(body=TRACE))
    with ReflectClient(base_url=service.url, api_key="k") as client:
        barrier = threading.Barrier(64)
        pools = set()

        def call(_: int) -> None:
            barrier.wait()
            client.get_trace("t1")
            pools.add(id(client._pool.client()))

        with ThreadPoolExecutor(64) as threads:
            list(threads.map(call, range(64)))
    assert len(pools) == 1
    assert len(service.asked) == 64


def test_one_client_works_in_one_event_loop_after_the_other(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body=TRACE))
    for _ in range(5):
        assert asyncio.run(client.get_trace_async("t1")).id == "t1"
    assert len(service.asked) == 5


def test_asynchronous_calls_go_on_after_the_connections_of_a_loop_were_closed(
    service: Scripted, client: ReflectClient
):
    service.script(
        Answer(body=TRACE),
        Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"}),
        Answer(body=TRACE),
    )

    async def main() -> None:
        await client.get_trace_async("t1")
        await client.aclose()
        assert (await client.get_trace_async("t1")).id == "t1"
        await client.aclose()

    asyncio.run(main())
    assert len(service.asked) == 3


def test_other_options_share_the_connections(service: Scripted, client: ReflectClient):
    service.script(Answer(body=TRACE))
    other = client.with_options(project_id="other", timeout=5.0)
    client.get_trace("t1")
    other.get_trace("t1")
    assert len({asked.peer for asked in service.asked}) == 1
    assert [asked.path.split("/")[3] for asked in service.asked] == ["default", "other"]
    assert (client.project_id, other.project_id) == ("default", "other")


def test_a_client_with_other_options_keeps_what_a_subclass_has_added(service: Scripted):
    class TenantClient(ReflectClient):
        def __init__(self, tenant: str) -> None:
            super().__init__(base_url=service.url, api_key="k")
            self.tenant = tenant

    with TenantClient("acme") as client:
        assert client.with_options(timeout=5.0).tenant == "acme"


def test_closing_a_client_with_other_options_leaves_the_connections_open(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body=TRACE))

    async def call() -> None:
        await client.get_trace_async("t1")
        async with client.with_options(timeout=5.0) as other:
            await other.get_trace_async("t1")
        await client.get_trace_async("t1")

    client.get_trace("t1")
    with client.with_options(timeout=5.0) as other:
        other.get_trace("t1")
    client.get_trace("t1")
    asyncio.run(call())
    assert len({asked.peer for asked in service.asked}) == 2


def test_closing_the_low_level_client_takes_nothing_of_its_care(
    service: Scripted, client: ReflectClient
):
    busy = Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})
    service.script(busy, Answer(body=TRACE), busy, Answer(body=TRACE))

    async def call() -> str:
        async with client.api:
            pass
        return (await client.get_trace_async("t1")).id

    with client.api:
        pass
    assert client.get_trace("t1").id == asyncio.run(call()) == "t1"


def test_a_client_that_refused_its_arguments_can_be_shown():
    client = object.__new__(ReflectClient)
    assert repr(client) == "ReflectClient(refused)"


def test_an_answer_can_be_streamed_with_the_low_level_client(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(status=503, headers={"Retry-After-Ms": "1"}), Answer(body=TRACE))
    path = "/v1/projects/default/traces/t1"
    with client.api.get_httpx_client().stream("GET", path) as answer:
        assert json.loads(b"".join(answer.iter_bytes())) == TRACE

    async def read() -> bytes:
        async with client.api.get_async_httpx_client().stream("GET", path) as answer:
            return b"".join([chunk async for chunk in answer.aiter_bytes()])

    service.script(Answer(status=503, headers={"Retry-After-Ms": "1"}), Answer(body=TRACE))
    assert json.loads(asyncio.run(read())) == TRACE
    assert len(service.asked) == 4


def test_retries_can_be_switched_off(service: Scripted, client: ReflectClient):
    service.script(Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"}))
    with pytest.raises(ServerError):
        client.with_options(max_retries=0).get_trace("t1")
    assert len(service.asked) == 1
    with pytest.raises(InvalidArgumentError):
        client.with_options(max_retries=-1)


def test_a_given_client_sends_the_requests_and_is_never_closed(service: Scripted):
    service.script(
        Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"}), Answer(body=TRACE)
    )
    with httpx.Client(headers={"X-Proxy": "yes"}) as given:
        with ReflectClient(base_url=service.url, api_key="k", http_client=given) as client:
            assert client.get_trace("t1").id == "t1"
        assert not given.is_closed
    assert [asked.headers["X-Proxy"] for asked in service.asked] == ["yes", "yes"]
    assert [asked.headers["Authorization"] for asked in service.asked] == ["Bearer k"] * 2


def test_a_given_asynchronous_client_sends_the_requests_and_is_never_closed(service: Scripted):
    service.script(Answer(body=TRACE))

    async def call() -> None:
        async with httpx.AsyncClient(headers={"X-Proxy": "yes"}) as given:
            async with ReflectClient(
                base_url=service.url, api_key="k", async_http_client=given
            ) as client:
                assert (await client.get_trace_async("t1")).id == "t1"
            assert not given.is_closed

    asyncio.run(call())
    assert service.asked[0].headers["X-Proxy"] == "yes"


def test_a_call_that_is_cancelled_at_any_moment_leaves_its_connection_free():
    body = json.dumps(TRACE)
    answer = f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}".encode()

    async def cancel_everywhere() -> list[bool]:
        given = httpx.AsyncClient()
        given._transport._pool = httpcore.AsyncConnectionPool(  # type: ignore[attr-defined]  # so that every moment is known
            network_backend=httpcore.AsyncMockBackend([answer]), max_connections=1
        )
        client = ReflectClient(
            base_url="http://localhost", api_key="k", timeout=1, async_http_client=given
        )
        cancelled = []
        for moments in range(40):
            call = asyncio.create_task(client.get_trace_async("t1"))
            for _ in range(moments):
                await asyncio.sleep(0)
            cancelled.append(call.cancel())
            with suppress(asyncio.CancelledError):
                await call
            assert (await client.get_trace_async("t1")).id == "t1"
        return cancelled

    cancelled = asyncio.run(cancel_everywhere())
    assert (cancelled[0], cancelled[-1]) == (True, False)


@pytest.mark.parametrize("end", ["cancelled", "closed"])
def test_a_call_that_is_ended_at_any_moment_ends_at_once(end: str):
    async def end_everywhere(port: int) -> None:
        async with httpx.AsyncClient() as given:
            client = ReflectClient(
                base_url=f"http://127.0.0.1:{port}", api_key="k", async_http_client=given
            )
            for moments in range(20):
                called = client.get_trace_async("t1")
                if end == "closed":
                    called.send(None)
                    called.close()
                    continue
                call = asyncio.create_task(called)
                for _ in range(moments):
                    await asyncio.sleep(0)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(asyncio.wait_for(end_everywhere(silent.getsockname()[1]), 5))


class _Connection:
    closed = False

    async def aclose(self) -> None:
        self.closed = True


class _LosesCancellation(httpx.AsyncBaseTransport):
    """
    Connects as anyio below 4.16 does where a cancellation comes in that very moment.
    """

    def __init__(self) -> None:
        self.made: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        self.made.append(_Connection())
        await request.extensions["trace"](
            "connection.connect_tcp.complete", {"return_value": self.made[-1]}
        )
        raise AssertionError("The call went on after it was cancelled.")


def test_a_cancellation_that_is_lost_amid_connecting_ends_the_call():
    transport = _LosesCancellation()

    async def cancel() -> None:
        async with httpx.AsyncClient(transport=transport) as given:
            client = ReflectClient(
                base_url="http://localhost", api_key="k", async_http_client=given
            )
            call = asyncio.create_task(client.get_trace_async("t1"))
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(cancel())
    assert [connection.closed for connection in transport.made] == [True]


@pytest.mark.parametrize("missing", ["REFLECT_API_KEY", "REFLECT_API_URL", "REFLECT_PROJECT_ID"])
def test_a_client_can_be_made_of_the_environment(monkeypatch: pytest.MonkeyPatch, missing: str):
    monkeypatch.setenv("REFLECT_API_URL", "http://localhost:8123/")
    monkeypatch.setenv("REFLECT_API_KEY", "k")
    monkeypatch.setenv("REFLECT_PROJECT_ID", "mine")
    monkeypatch.delenv(missing)
    if missing == "REFLECT_API_KEY":
        with pytest.raises(InvalidArgumentError, match="REFLECT_API_KEY is not set"):
            ReflectClient.from_env()
        return
    with ReflectClient.from_env(timeout=5) as client:
        hosted = missing == "REFLECT_API_URL"
        assert client.base_url == (
            "https://api.starlight-search.com" if hosted else "http://localhost:8123"
        )
        assert client.project_id == ("default" if missing == "REFLECT_PROJECT_ID" else "mine")


def test_a_forked_process_makes_connections_of_its_own(service: Scripted):
    service.script(Answer(body=TRACE))
    script = f"""
import os
from reflect_sdk import ReflectClient
client = ReflectClient(base_url={service.url!r}, api_key="k")
client.get_trace("t1")
child = os.fork()
client.get_trace("t1")
client.close()
if child:
    _, status = os.waitpid(child, 0)
    raise SystemExit(status)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
    parent, *others = (asked.peer for asked in service.asked)
    assert sorted(other == parent for other in others) == [False, True]


def test_nothing_is_left_open_or_shown(service: Scripted):
    service.script(Answer(body=TRACE))
    script = f"""
import asyncio, gc, logging, os, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
from reflect_sdk import ReflectClient
with ReflectClient(base_url={service.url!r}, api_key="topsecret") as client:
    client.get_trace("t1")
    asyncio.run(client.get_trace_async("t1"))
    print(repr(client), client.api)
del client
gc.collect()
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONASYNCIODEBUG": "0"},
    )
    assert "ResourceWarning" not in result.stderr
    assert "topsecret" not in result.stdout + result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith("DEBUG:reflect_sdk")]
    assert len(lines) == 2
    assert "GET /v1/projects/default/traces/t1 answered 200 in" in lines[0]


def test_an_id_with_a_line_break_forges_no_line_of_the_log(
    service: Scripted, client: ReflectClient, caplog: pytest.LogCaptureFixture
):
    service.script(Answer(body=TRACE))
    with caplog.at_level(logging.DEBUG, "reflect_sdk"):
        client.get_trace("t1\nERROR forged")
    (message,) = caplog.messages
    assert message.startswith("GET /v1/projects/default/traces/t1%0AERROR%20forged answered 200")


def test_no_call_imports_anything_on_the_event_loop(service: Scripted):
    service.always = lambda asked: Answer(
        body=[MEMORY] if "query" in asked.path else RECEIPT if asked.method == "POST" else TRACE
    )
    script = f"""
import asyncio, sys
from reflect_sdk import ReflectClient
client = ReflectClient(base_url={service.url!r}, api_key="k")
async def call():
    loaded = set(sys.modules)
    async with client.trace_async("Count", blocking=True) as context:
        context.set_output(trajectory="did it", result="pass")
    await client.delete_traces_async(["t1"])
    print(sorted(set(sys.modules) - loaded))
asyncio.run(call())
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_the_version_is_that_of_the_distribution():
    assert reflect_sdk.__version__ == version("reflect-sdk")
    with pytest.raises(AttributeError, match="no_such_name"):
        reflect_sdk.no_such_name  # noqa: B018 - looking it up is the point
