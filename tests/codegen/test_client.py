import asyncio
import json
import socket
import threading
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from scripted_server import Answer, Request, ScriptedServer

from reflect_api import AuthenticatedClient, Client, errors
from reflect_api.api.bootstrap import bootstrap
from reflect_api.api.health import health
from reflect_api.api.projects import delete_project
from reflect_api.api.traces import create_trace, get_trace
from reflect_api.models import BootstrapRequest, CreateTraceRequest

Call = Callable[..., Any]

TOKEN = "rf_test_public_secret"
OK = '{"status": "ok"}'


def test_the_default_time_limits_are_finite(client: AuthenticatedClient):
    limits = client.get_httpx_client().timeout
    assert None not in (limits.connect, limits.read, limits.write, limits.pool)


def test_a_silent_server_ends_in_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=httpx.Timeout(0.05))
        with client, pytest.raises(httpx.TimeoutException):
            health.sync(client=client)


def test_no_credential_shows_in_repr():
    client = AuthenticatedClient(
        "http://user:pass@localhost",
        token=TOKEN,
        headers={"X-Key": "hidden"},
        cookies={"session": "hidden"},
    )
    shown = repr(client)
    assert "localhost" in shown
    assert all(secret not in shown for secret in (TOKEN, "pass", "hidden"))


def test_a_new_key_does_not_show_in_repr(server: ScriptedServer, call: Call):
    server.answers_with(201, '{"user_id": "u", "project_id": "p", "api_key": "topsecret"}')
    request = BootstrapRequest(user_id="u", project_id="p", key_label="k", environment="live")
    with Client(server.url) as client:
        for detailed in (True, False):
            answer = call(
                bootstrap, client=client, body=request, x_bootstrap_token="t", detailed=detailed
            )
            made = answer.parsed if detailed else answer
            assert made.api_key == "topsecret"
            assert "topsecret" not in repr(answer)


def test_a_derived_client_leaves_the_original_alone(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, OK)
    call(health, client=client)
    derived = client.with_headers({"X-Extra": "1"}).with_cookies({"extra": "1"})
    call(health, client=derived.with_timeout(httpx.Timeout(7)))
    call(health, client=client)
    before, between, after = (request.headers for request in server.requests)
    assert (between["x-extra"], between["cookie"]) == ("1", "extra=1")
    assert not {"x-extra", "cookie"} & {*before, *after}
    assert client.get_httpx_client().timeout.read == 60


def test_a_derived_timeout_holds(server: ScriptedServer, client: AuthenticatedClient):
    derived = client.with_timeout(httpx.Timeout(0.05))
    release = threading.Event()

    def answer_late(request: Request) -> Answer:
        release.wait(5)
        return server.answers[0]

    server.answers_with(200, OK)
    server.next_answer = answer_late
    with pytest.raises(httpx.ReadTimeout):
        health.sync(client=derived)
    release.set()


def test_many_threads_at_first_use_share_one_connection_pool(server: ScriptedServer):
    server.answers_with(200, OK)
    barrier = threading.Barrier(16)
    seen = set()
    with Client(server.url) as client:

        def use() -> None:
            barrier.wait()
            seen.add(client.get_httpx_client())

        threads = [threading.Thread(target=use) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 1


def test_one_client_works_in_one_event_loop_after_the_other(server: ScriptedServer):
    server.answers_with(200, OK)
    client = Client(server.url)
    for _ in range(3):
        assert asyncio.run(health.asyncio(client=client)) == {"status": "ok"}
    assert len(server.requests) == 3


def test_one_client_works_in_two_event_loops_at_once(server: ScriptedServer):
    server.answers_with(200, OK)
    client = Client(server.url)
    results = []

    def use() -> None:
        results.extend(asyncio.run(health.asyncio(client=client)) for _ in range(3))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"status": "ok"}] * 12


def test_a_closed_client_can_be_used_again(server: ScriptedServer):
    server.answers_with(200, OK)
    client = Client(server.url)

    async def twice() -> None:
        for _ in range(2):
            async with client:
                assert await health.asyncio(client=client) == {"status": "ok"}

    asyncio.run(twice())
    for _ in range(2):
        with client:
            assert health.sync(client=client) == {"status": "ok"}


def test_connections_end_with_their_event_loop(server: ScriptedServer):
    server.answers_with(200, OK)
    client = Client(server.url)
    used = []

    async def use() -> None:
        await health.asyncio(client=client)
        used.append(client.get_async_httpx_client())

    asyncio.run(use())
    assert used[0].is_closed


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_identifier_that_would_address_another_path_is_refused(
    server: ScriptedServer, client: AuthenticatedClient, call: Call, identifier: str
):
    server.answers_with(200, "{}")
    with pytest.raises(errors.InvalidArgumentError, match="`project_id`"):
        call(delete_project, identifier, client=client)
    with pytest.raises(ValueError, match="`trace_id`"):
        call(get_trace, "default", identifier, client=client)
    assert server.requests == []


def test_an_identifier_is_one_encoded_segment(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, "{}")
    call(delete_project, "a/../b%2F?c#d é", client=client)
    assert server.requests[0].path == "/v1/projects/a%2F..%2Fb%252F%3Fc%23d%20%C3%A9"


def test_only_operations_with_security_get_the_token(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, OK)
    call(health, client=client)
    server.answers[:] = []
    server.answers_with(200, "{}")
    call(delete_project, "default", client=client)
    open_, secured = server.requests
    assert "authorization" not in open_.headers
    assert secured.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_credential_with_a_header_of_its_own_is_an_argument(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, '{"user_id": "u", "project_id": "p", "api_key": "k"}')
    body = BootstrapRequest(user_id="u", project_id="p")
    assert call(bootstrap, client=client, body=body, x_bootstrap_token="b").api_key == "k"
    headers = server.requests[0].headers
    assert headers["x-bootstrap-token"] == "b"
    assert "authorization" not in headers


@pytest.mark.parametrize("ending", ["\n", "\r\nX-Other: 1", "\0", "é", " "])
def test_a_credential_that_cannot_be_sent_is_refused_without_showing_it(
    server: ScriptedServer, call: Call, ending: str
):
    secret = f"topsecret{ending}"
    request = BootstrapRequest(user_id="u", project_id="p", key_label="k", environment="live")
    with Client(server.url) as client, AuthenticatedClient(server.url, token=secret) as known:
        for refused in (
            lambda: call(get_trace, "p", "t1", client=known),
            lambda: call(health, client=client.with_headers({"X-Key": secret})),
            lambda: call(bootstrap, client=client, body=request, x_bootstrap_token=secret),
        ):
            with pytest.raises(errors.InvalidArgumentError, match="header `") as caught:
                refused()
            assert "topsecret" not in "".join(traceback.format_exception(caught.value))
        with pytest.raises(errors.InvalidArgumentError, match="a string of printable ASCII"):
            call(get_trace, "p", "t1", client=known, prefer=None)
    assert server.requests == []


def test_an_injected_client_is_authenticated(server: ScriptedServer):
    server.answers_with(200, "{}")
    client = AuthenticatedClient("http://nowhere.invalid", token=TOKEN, headers={"X-Extra": "1"})
    with httpx.Client(base_url=server.url) as injected:
        delete_project.sync("default", client=client.set_httpx_client(injected))

    async def use() -> None:
        async with httpx.AsyncClient(base_url=server.url) as injected:
            client.set_async_httpx_client(injected)
            await delete_project.asyncio("default", client=client)

    asyncio.run(use())
    assert len(server.requests) == 2
    for request in server.requests:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["x-extra"] == "1"


def test_an_injected_client_stays_in_use_when_the_client_is_closed(server: ScriptedServer):
    server.answers_with(200, "{}")
    with httpx.Client(base_url=server.url) as injected:
        client = AuthenticatedClient(server.url, token="t").set_httpx_client(injected)
        client.close()
        assert client.get_httpx_client() is injected
        assert not injected.is_closed


def test_an_injected_client_keeps_its_own_time_limits():
    limits = []

    def answer(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"status": "ok"})

    with httpx.Client(transport=httpx.MockTransport(answer), timeout=3) as injected:
        client = Client("http://localhost").set_httpx_client(injected)
        health.sync(client=client)
        health.sync(client=client.with_timeout(httpx.Timeout(5)))
    assert limits == [3, 5]


def test_an_injected_client_without_an_address_uses_that_of_the_client(server: ScriptedServer):
    server.answers_with(200, OK)
    with httpx.Client() as injected:
        client = Client(server.url + "/").set_httpx_client(injected)
        assert health.sync(client=client) == {"status": "ok"}
    assert server.requests[0].path == "/health"


def test_a_factory_makes_one_injected_client_for_each_event_loop(server: ScriptedServer):
    server.answers_with(200, "{}")
    made = []

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient(base_url=server.url))
        return made[-1]

    client = AuthenticatedClient(server.url, token=TOKEN).set_async_httpx_client_factory(make)

    async def use() -> None:
        await delete_project.asyncio("a", client=client)
        await delete_project.asyncio("b", client=client)

    asyncio.run(use())
    asyncio.run(use())
    assert len(made) == 2
    assert all(each.is_closed for each in made)
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {TOKEN}"}


def test_an_error_of_the_injected_client_comes_through_unchanged(server: ScriptedServer):
    class TooBusyError(Exception):
        pass

    def refuse(response: httpx.Response) -> None:
        if response.is_error:
            raise TooBusyError(response.status_code)

    server.answers_with(503, "not a problem document")
    with httpx.Client(base_url=server.url, event_hooks={"response": [refuse]}) as injected:
        client = Client(server.url).set_httpx_client(injected)
        with pytest.raises(TooBusyError, match="503"):
            health.sync(client=client)


def test_the_token_does_not_follow_a_redirect_to_another_host(
    serve: Callable[[], ScriptedServer], call: Call
):
    first, other = serve(), serve()
    other.answers_with(200, "{}")
    first.answers_with(307, "", Location=f"{other.url}/elsewhere")
    with AuthenticatedClient(first.url, token=TOKEN, follow_redirects=True) as client:
        call(delete_project, "default", client=client)
    assert "authorization" in first.requests[0].headers
    assert "authorization" not in other.requests[0].headers


def test_a_token_in_another_header_is_never_redirected(
    serve: Callable[[], ScriptedServer], call: Call
):
    first, other = serve(), serve()
    first.answers_with(307, "", Location=f"{other.url}/elsewhere")
    with AuthenticatedClient(
        first.url, token=TOKEN, prefix="", auth_header_name="X-Key", follow_redirects=True
    ) as client:
        with pytest.raises(errors.UnexpectedStatus):
            call(delete_project, "default", client=client)
        body = BootstrapRequest(user_id="u", project_id="p")
        with pytest.raises(errors.UnexpectedStatus):
            call(bootstrap, client=client, body=body, x_bootstrap_token="b")
    assert first.requests[0].headers["x-key"] == TOKEN
    assert other.requests == []


def test_a_request_holds_what_was_given_and_nothing_else(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(201, '{"trace_id": "t", "ingest_status": "queued"}')
    body = CreateTraceRequest(task="count", trajectory=[{"role": "user", "content": "é"}])
    call(create_trace, "default", client=client, body=body, idempotency_key="once")
    (request,) = server.requests
    assert request.body.decode() == (
        '{"task":"count","trajectory":[{"role":"user","content":"é"}]}'
    )
    assert request.headers["idempotency-key"] == "once"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("world", ["sync", "asyncio"])
def test_a_request_that_was_described_is_performed_later(
    server: ScriptedServer, client: AuthenticatedClient, world: str
):
    problem = {"type": "about:blank", "title": "t", "status": 404, "detail": "d", "code": "c"}
    server.answers_with(404, json.dumps(problem))
    described = get_trace.request("p/1", "t1", prefer="wait=1")
    assert server.requests == []
    answer = (
        client.perform(described) if world == "sync" else asyncio.run(client.aperform(described))
    )
    (request,) = server.requests
    assert request.path == "/v1/projects/p%2F1/traces/t1"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert answer.status_code == 404
    with pytest.raises(errors.StatusError):
        described.success(answer)


def test_a_described_request_does_not_show_what_it_sends():
    body = BootstrapRequest(user_id="u", project_id="p", key_label="k", environment="live")
    described = bootstrap.request(body=body, x_bootstrap_token="topsecret")
    assert "topsecret" not in repr(described)
