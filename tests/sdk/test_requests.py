"""
Requests that the contract need not know, and lists that are fetched page by page.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import httpx
import pytest

from reflect_sdk import (
    APIResponse,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    ReflectClient,
    ServerError,
)

from .scripted import RECEIPT, TRACE, Answer, Asked, Scripted

WORLDS = pytest.mark.parametrize("world", ["", "_async"])
AT_ONCE = {"Retry-After": "0"}


def _request(client: ReflectClient, world: str, *args: Any, **named: Any) -> APIResponse:
    called = getattr(client, f"request{world}")(*args, **named)
    answer: APIResponse = asyncio.run(called) if world else called
    return answer


@WORLDS
def test_any_request_goes_with_the_credentials_of_the_client(
    service: Scripted, client: ReflectClient, world: str
):
    service.script(Answer(body={"h": 1}, headers={"X-Request-Id": "r-9", "X-More": "m"}))
    answer = _request(
        client,
        world,
        "put",
        "/v1/projects/p/some-new-thing",
        params={"a": ["b", "c"], "d": 1},
        json={"e": None},
        headers={"X-F": "g"},
    )
    (asked,) = service.asked
    assert (asked.method, asked.body) == ("PUT", {"e": None})
    assert asked.path == "/v1/projects/p/some-new-thing?a=b&a=c&d=1"
    sent = httpx.Headers(asked.headers)
    assert sent["Authorization"] == "Bearer rf_live_abc_topsecret"
    assert sent["X-F"] == "g"
    assert answer.json() == {"h": 1}
    assert (answer.status_code, answer.request_id, answer.headers["x-more"]) == (200, "r-9", "m")
    assert (answer.method, answer.content) == ("PUT", b'{"h": 1}')
    assert answer.url == f"{service.url}/v1/projects/p/some-new-thing"


@WORLDS
def test_what_may_be_sent_again_is_and_nothing_else(
    service: Scripted, client: ReflectClient, world: str
):
    failure = Answer(status=503, body={}, headers=AT_ONCE)
    service.script(failure, failure, Answer(body=RECEIPT))
    assert _request(client, world, "GET", "/v1/new").json() == RECEIPT
    service.asked.clear()
    service.script(failure, Answer(body=RECEIPT))
    _request(client, world, "POST", "/v1/projects/p/traces", json={"task": "t"})
    keys = {httpx.Headers(asked.headers)["Idempotency-Key"] for asked in service.asked}
    assert (len(service.asked), len(keys)) == (2, 1)
    service.asked.clear()
    service.script(failure, Answer(body=RECEIPT))
    with pytest.raises(ServerError):
        _request(client, world, "POST", "/v1/new", json={})
    assert len(service.asked) == 1
    service.script(failure, Answer(body=RECEIPT))
    _request(client, world, "POST", "/v1/new", headers={"Idempotency-Key": "mine"})


@WORLDS
def test_an_error_is_the_typed_one(service: Scripted, client: ReflectClient, world: str):
    service.script(Answer(status=404, body={"detail": "none", "code": "not_found"}))
    with pytest.raises(NotFoundError) as caught:
        _request(client, world, "GET", "/v1/new")
    assert caught.value.code == "not_found"
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


def test_an_empty_body_is_none_and_one_that_is_no_json_says_what_answered(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body=b""), Answer(body=b"<p>", headers={"X-Request-Id": "r-3"}))
    assert client.request("GET", "/v1/new").json() is None
    answer = client.request("GET", "/v1/new")
    with pytest.raises(DecodeError, match=r"GET .*/v1/new answered 200, but its") as it:
        answer.json()
    assert it.value.request_id == "r-3"


@pytest.mark.parametrize(
    "path", ["", "v1/new", "//elsewhere.test/v1", "https://elsewhere.test/v1", "/v1/\n", 5, None]
)
def test_no_request_leads_elsewhere(client: ReflectClient, service: Scripted, path: Any):
    with pytest.raises(InvalidArgumentError, match="path must be one of the service"):
        client.request("GET", path)
    assert service.asked == []


@pytest.mark.parametrize("method", ["", "GET /", "G\n", None])
def test_a_method_is_one_of_http(client: ReflectClient, method: Any):
    with pytest.raises(InvalidArgumentError, match="method must be"):
        client.request(method, "/v1/new")


def test_a_request_carries_no_other_credential(client: ReflectClient):
    with pytest.raises(InvalidArgumentError, match="with_options") as caught:
        client.request("GET", "/v1/new", headers={"authorization": "Bearer other"})
    assert "other" not in str(caught.value).replace("another one", "")
    with pytest.raises(InvalidArgumentError, match="X-Team"):
        client.request("GET", "/v1/new", headers={"X-Team": "a\nb"})


def test_a_body_that_is_no_json_is_refused(client: ReflectClient):
    with pytest.raises(InvalidArgumentError, match="JSON"):
        client.request("POST", "/v1/new", json={"a": object()})


def _pages(number: int) -> Any:
    """
    Answer with as many traces, in pages as asked for.
    """

    def answer(asked: Asked) -> Answer:
        query = httpx.URL(asked.path).params
        start, limit = int(query.get("cursor", 0)), int(query["limit"])
        end = min(start + limit, number)
        link = {"Link": f'</traces?cursor={end}>; rel="next"'} if end < number else {}
        return Answer(body=[{**TRACE, "id": f"t{n}"} for n in range(start, end)], headers=link)

    return answer


def _listed(client: ReflectClient, world: str, **named: Any) -> list[str]:
    called = getattr(client, f"list_traces{world}")(**named)
    return [trace.id for trace in (asyncio.run(called) if world else called)]


@WORLDS
def test_a_whole_list_comes_in_pages(service: Scripted, client: ReflectClient, world: str):
    service.always = _pages(250)
    assert _listed(client, world) == [f"t{n}" for n in range(250)]
    limits = [httpx.URL(asked.path).params["limit"] for asked in service.asked]
    assert limits == ["100", "100", "100"]


@WORLDS
@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (100, 1), (101, 2), (500, 3)])
def test_a_list_ends_at_its_limit(
    service: Scripted, client: ReflectClient, world: str, limit: int, requests: int
):
    service.always = _pages(250)
    assert len(_listed(client, world, limit=limit)) == min(limit, 250)
    assert len(service.asked) == requests


def test_a_service_that_knows_no_pages_is_read_too(service: Scripted, client: ReflectClient):
    service.script(Answer(body=[{**TRACE, "id": f"t{n}"} for n in range(5)]))
    assert len(client.list_traces()) == 5
    assert [trace.id for trace in client.list_traces(limit=2)] == ["t0", "t1"]


@WORLDS
def test_what_is_listed_can_be_chosen(service: Scripted, client: ReflectClient, world: str):
    service.script(Answer(body=[]))
    wanted: dict[str, Any] = {
        "review_status": "reviewed",
        "ingest_status": "failed",
        "model": "m 1",
        "metadata_filter": {"run": {"id": 7}},
    }
    assert _listed(client, world, **wanted) == []

    async def through() -> None:
        assert [trace async for trace in client.iter_traces_async(**wanted)] == []

    asyncio.run(through())
    assert list(client.iter_traces(**wanted)) == []
    expected = {**wanted, "metadata_filter": '{"run":{"id":7}}', "limit": "100"}
    for asked in service.asked:
        assert dict(httpx.URL(asked.path).params) == expected


@pytest.mark.parametrize(
    "wanted",
    [
        {"limit": 0},
        {"limit": True},
        {"limit": "5"},
        {"metadata_filter": {"a": object()}},
        {"metadata_filter": {"a": float("nan")}},
    ],
)
def test_a_choice_that_cannot_be_sent_is_refused(
    service: Scripted, client: ReflectClient, wanted: dict[str, Any]
):
    with pytest.raises(InvalidArgumentError):
        client.list_traces(**wanted)
    assert service.asked == []
