"""
Options of a client and of a single call: headers, keys, time limits, and what the client is called.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import traceback
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import httpx
import pytest

from reflect_sdk import (
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    ReflectClient,
)
from reflect_sdk._transport.user_agent import user_agent

from .scripted import RECEIPT, TRACE, Answer, Asked, Scripted, raw_server
from .test_pairs import CALLS

WORLDS = pytest.mark.parametrize("world", ["", "_async"])


def _call(client: ReflectClient, name: str, world: str, *args: Any, **named: Any) -> Any:
    called = getattr(client, name + world)(*args, **named)
    return asyncio.run(called) if world else called


def _headers(service: Scripted) -> list[httpx.Headers]:
    return [httpx.Headers(asked.headers) for asked in service.asked]


@WORLDS
def test_the_client_says_its_name_and_version(service: Scripted, client: ReflectClient, world: str):
    service.script(Answer(body=TRACE))
    _call(client, "get_trace", world, "t1")
    name = _headers(service)[0]["User-Agent"]
    assert name.startswith(f"reflect-sdk/{metadata.version('reflect-sdk')} python/3.")
    assert f"httpx/{httpx.__version__}" in name


def test_a_client_that_was_copied_without_its_distribution_has_a_name_too(
    monkeypatch: pytest.MonkeyPatch,
):
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert user_agent.__wrapped__().startswith("reflect-sdk/unknown python/")


def test_another_name_that_was_chosen_stays(service: Scripted):
    service.script(Answer(body=TRACE))
    with httpx.Client(headers={"User-Agent": "my-agent/1"}) as given:
        ReflectClient(base_url=service.url, api_key="k", http_client=given).get_trace("t1")
    named = {"user-agent": "other/2"}
    with ReflectClient(base_url=service.url, api_key="k", default_headers=named) as client:
        client.get_trace("t1")
    assert [headers["User-Agent"] for headers in _headers(service)] == ["my-agent/1", "other/2"]


@WORLDS
def test_default_headers_are_sent_with_every_request(service: Scripted, world: str):
    service.script(Answer(body=TRACE))
    headers = {"X-Team": "billing", "CF-Access-Client-Secret": "a b"}
    with ReflectClient(base_url=service.url, api_key="key", default_headers=headers) as client:
        headers["X-Team"] = "changed later"
        _call(client, "get_trace", world, "t1")
        _call(client.with_options(max_retries=0), "get_trace", world, "t1", timeout=5)
        service.script(Answer(body={"status": "ok"}))
        _call(client, "health", world)
    for sent in _headers(service):
        assert sent["X-Team"] == "billing"
        assert sent["CF-Access-Client-Secret"] == "a b"
    assert _headers(service)[0]["Authorization"] == "Bearer key"


def test_no_error_shows_a_default_header(service: Scripted):
    service.script(Answer(status=404, body={"detail": "no topsecret-token here, a plain word"}))
    headers = {"X-Token": "topsecret-token", "X-Team": "word"}
    with (
        ReflectClient(base_url=service.url, api_key="key", default_headers=headers) as client,
        pytest.raises(NotFoundError) as caught,
    ):
        client.get_trace("t1")
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "topsecret-token" not in shown + caught.value.response.text
    assert "plain word" in caught.value.detail
    assert caught.value.request.headers["X-Token"] == "[hidden]"
    assert "topsecret-token" not in repr(client)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer topsecret"},
        {"content-type": "topsecret"},
        {"X Team": "topsecret"},
        {"": "topsecret"},
        {5: "topsecret"},
        {"X-Team": "topsecret\r\nX-Other: 1"},
        {"X-Team": "topsecret\u00e9"},
        {"X-Team": b"topsecret"},
        ["topsecret"],
        "topsecret",
    ],
)
def test_default_headers_that_cannot_be_sent_are_refused_without_showing_them(headers: Any):
    with pytest.raises(InvalidArgumentError, match=r"^default_headers") as caught:
        ReflectClient(base_url="http://localhost", api_key="k", default_headers=headers)
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


@WORLDS
def test_another_key_over_the_same_connections(
    service: Scripted, client: ReflectClient, world: str
):
    service.script(Answer(body=TRACE))
    other = client.with_options(api_key="rf_live_other_key")
    for one in (client, other, other.with_options(max_retries=5), client):
        _call(one, "get_trace", "", "t1")
    keys = [asked.headers["Authorization"].rpartition("_")[2] for asked in service.asked]
    assert keys == ["topsecret", "key", "key", "topsecret"]
    assert len({asked.peer for asked in service.asked}) == 1
    with pytest.raises(InvalidArgumentError, match="api_key"):
        client.with_options(api_key="")


@pytest.fixture(scope="module")
def silence() -> Iterator[str]:
    with raw_server(lambda _, over: over.wait() and None) as url:
        yield url


BOUNDED = {
    **{name: (positional, named) for name, positional, named, _ in CALLS},
    "create_trace_and_wait": ((), {"task": "Count", "trajectory": "Counted."}),
    "deliver_spooled_traces": ((), {}),
    "request": (("GET", "/v1/new"), {}),
}
PATIENT = {"wait_for_trace", "deliver_spooled_traces"}
"""Those that outlive a request without an answer, or have none to send."""


@WORLDS
@pytest.mark.parametrize("name", sorted(BOUNDED.keys() - PATIENT))
def test_every_call_can_have_a_time_limit_of_its_own(silence: str, name: str, world: str):
    positional, named = BOUNDED[name]
    with (
        ReflectClient(base_url=silence, api_key="k") as client,
        pytest.raises(DeadlineExceededError),
    ):
        _call(client, name, world, *positional, **named, timeout=0.05)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "5", True])
@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_a_time_limit_that_bounds_nothing_is_refused(name: str, limit: Any):
    positional, named = BOUNDED[name]
    client = ReflectClient(base_url="http://localhost:1", api_key="k")
    with pytest.raises(InvalidArgumentError, match="timeout"):
        _call(client, name, "", *positional, **named, timeout=limit)


def test_every_method_that_calls_takes_a_time_limit():
    methods: dict[str, Callable[..., Any]] = dict(
        inspect.getmembers(ReflectClient, inspect.isroutine)
    )
    public = {name: method for name, method in methods.items() if not name.startswith("_")}
    bounded = {n for n, m in public.items() if "timeout" in inspect.signature(m).parameters}
    twins = {n for n in public if n.endswith("_async")}
    surrounding = {"trace_async"}  # Its block takes as long as it likes.
    assert twins - bounded == surrounding
    assert {name.removesuffix("_async") for name in twins - surrounding} <= bounded


@WORLDS
def test_pages_of_a_list_are_bounded_too(silence: str, world: str):
    async def first() -> None:
        async for _ in client.iter_traces_async(timeout=0.05):
            raise AssertionError

    with (
        ReflectClient(base_url=silence, api_key="k") as client,
        pytest.raises(DeadlineExceededError),
    ):
        asyncio.run(first()) if world else next(client.iter_traces(timeout=0.05))


@WORLDS
def test_a_wait_asks_the_service_to_hold_no_longer_than_a_call_may_take(
    service: Scripted, client: ReflectClient, world: str
):
    service.script(Answer(body=TRACE))
    _call(client, "wait_for_trace", world, "t1", timeout=8)
    _call(client, "wait_for_trace", world, "t1", timeout=httpx.Timeout(12))
    _call(client, "wait_for_trace", world, "t1")
    assert [sent["Prefer"] for sent in _headers(service)] == ["wait=4", "wait=6", "wait=30"]


def test_a_time_limit_of_one_call_is_not_that_of_the_next(service: Scripted):
    released = threading.Event()

    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return Answer(body=RECEIPT)
        released.wait(10)
        return Answer(body=TRACE)

    service.always = answer
    with ReflectClient(base_url=service.url, api_key="k", max_retries=0) as client:
        with pytest.raises(DeadlineExceededError):
            client.get_trace("t1", timeout=0.05)
        released.set()
        assert client.get_trace("t1").id == "t1"


@WORLDS
@pytest.mark.parametrize("status", range(520, 530))
def test_an_answer_of_a_gateway_that_lost_its_origin_is_tried_again(
    service: Scripted,
    client: ReflectClient,
    status: int,
    world: str,
    monkeypatch: pytest.MonkeyPatch,
):
    service.script(Answer(status=status, headers={"Retry-After": "0"}, body={}), Answer(body=TRACE))
    assert _call(client, "get_trace", world, "t1").id == "t1"
    assert len(service.asked) == 2
