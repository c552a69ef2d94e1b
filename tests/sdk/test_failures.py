"""
What a caller sees when things go wrong.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import threading
import traceback
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import reflect_sdk
from reflect_api.api.memories import query_memories
from reflect_api.api.traces import create_trace
from reflect_api.models import CreateTraceRequest, QueryMemoriesRequest
from reflect_sdk import (
    APIStatusError,
    ConnectionFailedError,
    DecodeError,
    InvalidArgumentError,
    ReflectClient,
    ReflectError,
    TransportError,
)

from .scripted import RECEIPT, TRACE, Answer, Scripted, raw_server, scripted_server

SOON = {"Retry-After-Ms": "1"}
KINDS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    413: "ContentTooLargeError",
    422: "InvalidRequestError",
    429: "RateLimitError",
    500: "ServerError",
    502: "ServerError",
    503: "ServerError",
    520: "ServerError",
}


@pytest.mark.parametrize("status", KINDS)
def test_an_error_answer_is_the_typed_error_of_its_status_and_one_of_httpx(
    service: Scripted, client: ReflectClient, status: int
):
    problem = {"detail": "`lambda` must be at most 1.", "code": "invalid_request"}
    service.script(Answer(status=status, body=problem, headers=SOON))
    with pytest.raises(getattr(reflect_sdk, KINDS[status])) as caught:
        client.get_trace("t1")
    error = caught.value
    assert isinstance(error, APIStatusError)
    assert isinstance(error, httpx.HTTPStatusError)
    assert (error.code, error.detail) == ("invalid_request", "`lambda` must be at most 1.")
    assert error.response.status_code == status
    assert f"{status}" in str(error)
    assert "`lambda` must be at most 1." in str(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**TRACE, "task": None}, "TraceResponse.task"),
        ({key: value for key, value in TRACE.items() if key != "task"}, "TraceResponse.task"),
        ({**TRACE, "review": {"id": "r1"}}, "review"),
        (["not", "a", "trace"], "TraceResponse"),
        (b"<html>", "200"),
    ],
)
def test_a_success_that_cannot_be_decoded_names_what_is_wrong(
    service: Scripted, client: ReflectClient, body: Any, expected: str
):
    service.script(Answer(body=body))
    with pytest.raises(DecodeError, match=expected) as caught:
        client.get_trace("t1")
    assert isinstance(caught.value, ReflectError)


def test_values_and_fields_that_are_not_known_yet_come_through(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body={**TRACE, "review_status": "disputed", "colour": {"new": [1]}}))
    trace = client.get_trace("t1")
    assert trace.review_status == "disputed"
    assert trace.additional_properties == {"colour": {"new": [1]}}
    assert trace.to_dict()["colour"] == {"new": [1]}


def test_a_service_that_is_not_there_is_a_connection_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = ReflectClient(base_url=address, api_key="k", timeout=0.2)
        with pytest.raises(ConnectionFailedError, match="Check that the service runs") as caught:
            client.get_trace("t1")
    assert isinstance(caught.value, httpx.ConnectError)
    client.close()


def test_a_dropped_connection_is_tried_again_with_the_same_idempotency_key(
    service: Scripted, client: ReflectClient
):
    service.script(
        Answer(status=0), Answer(status=503, body=b"", headers=SOON), Answer(body=RECEIPT)
    )
    assert client.create_trace(task="Count", trajectory=[]).trace_id == "t1"
    keys = {asked.headers["Idempotency-Key"] for asked in service.asked}
    assert len(service.asked) == 3
    assert len(keys) == 1


def test_two_creations_have_different_idempotency_keys(service: Scripted, client: ReflectClient):
    service.script(Answer(body=RECEIPT))
    for _ in range(2):
        client.create_trace(task="Count", trajectory=[])
    assert len({asked.headers["Idempotency-Key"] for asked in service.asked}) == 2


@pytest.mark.parametrize("by_hand", [False, True], ids=["generated function", "path"])
def test_the_low_level_client_repeats_what_the_contract_lets_it(
    service: Scripted, client: ReflectClient, by_hand: bool
):
    service.script(Answer(status=503, body=b"", headers=SOON), Answer(body=RECEIPT))
    body = {"task": "Count", "trajectory": "", "model": None, "metadata": {}}
    if by_hand:
        http = client.api.get_httpx_client()
        assert http.post("/v1/projects/p/traces", json=body).json() == RECEIPT
    else:
        request = CreateTraceRequest.from_dict({**body, "retrieved_memory_ids": []})
        assert create_trace.sync("p", client=client.api, body=request).trace_id == "t1"
    first, second = (asked.headers["Idempotency-Key"] for asked in service.asked)
    assert first == second


def test_a_new_key_is_never_asked_for_twice(service: Scripted, client: ReflectClient):
    service.script(Answer(status=503, body=b"", headers=SOON))
    with pytest.raises(APIStatusError):
        client.create_api_key(label="ci", scopes=["memory:read"])
    assert len(service.asked) == 1


def test_a_body_cut_short_is_tried_again_and_then_a_transport_error(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(body=TRACE, cut=10))
    with pytest.raises(TransportError) as caught:
        client.get_trace("t1")
    assert caught.value.retries == 2
    assert len(service.asked) == 3


def _list(client: ReflectClient, world: str) -> Any:
    called = getattr(client, f"list_traces{world}")()
    return asyncio.run(called) if world else called


def _get(client: ReflectClient, world: str) -> Any:
    called = getattr(client, f"get_trace{world}")("t1")
    return asyncio.run(called) if world else called


@pytest.mark.parametrize("world", ["", "_async"])
@pytest.mark.parametrize("cut", [10, -10])
def test_an_answer_of_another_length_than_it_says_is_an_error_and_the_next_call_works(
    service: Scripted, client: ReflectClient, cut: int, world: str
):
    service.script(Answer(body=TRACE, cut=cut), Answer(body=TRACE))
    with pytest.raises(ReflectError) as caught:
        _get(client.with_options(max_retries=0), world)
    assert isinstance(caught.value, TransportError if cut > 0 else DecodeError)
    assert type(pickle.loads(pickle.dumps(caught.value))) is type(caught.value)
    assert _get(client, world).id == "t1"


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_list_that_breaks_off_is_an_error_and_no_shorter_list(world: str):
    def break_off(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        part = b"[" + json.dumps(TRACE).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))

    with (
        raw_server(break_off) as url,
        ReflectClient(base_url=url, api_key="k", max_retries=0) as client,
        pytest.raises(TransportError),
    ):
        _list(client, world)


def test_a_redirect_to_another_host_is_an_error_and_never_followed(
    service: Scripted, client: ReflectClient
):
    with scripted_server() as other:
        other.script(Answer(body=TRACE))
        service.script(Answer(status=307, body=b"", headers={"Location": f"{other.url}/v1/x"}))
        for call in (client.get_trace, lambda name: asyncio.run(client.get_trace_async(name))):
            with pytest.raises(APIStatusError, match=f"redirects to {other.url}/v1/x, "):
                call("t1")
        assert other.asked == []


def test_a_given_client_that_follows_redirects_does_not_carry_the_key_to_another_host(
    service: Scripted,
):
    with scripted_server() as other, httpx.Client(follow_redirects=True) as given:
        other.script(Answer(body=TRACE))
        service.script(Answer(status=307, body=b"", headers={"Location": f"{other.url}/v1/x"}))
        client = ReflectClient(base_url=service.url, api_key="topsecret", http_client=given)
        assert client.get_trace("t1").id == "t1"
        assert "topsecret" in repr(service.asked)
        assert "topsecret" not in repr(other.asked)


def test_a_traceback_names_an_error_as_it_is_imported(service: Scripted, client: ReflectClient):
    service.script(Answer(status=404, body={"detail": "no"}))
    with pytest.raises(APIStatusError) as caught:
        client.get_trace("t1")
    last = traceback.format_exception_only(caught.value)[-1]
    assert last.startswith(f"reflect_sdk.NotFoundError: GET {service.url}/v1/")


def test_no_error_shows_the_key(service: Scripted, client: ReflectClient):
    service.script(Answer(status=401, body={"detail": "no"}))
    with pytest.raises(APIStatusError) as caught:
        client.get_trace("t1")
    everything = repr((caught.value, caught.value.request.headers, vars(caught.value), client))
    assert "topsecret" not in everything
    assert b"topsecret" not in pickle.dumps(caught.value)
    assert "topsecret" not in repr(client.api)


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": "localhost:8000"},
        {"base_url": "ftp://localhost"},
        {"base_url": ""},
        {"base_url": "http://[::1"},
        {"base_url": None},
        {"base_url": "http://user:password@localhost"},
        {"base_url": "http://localhost?a=b"},
        {"base_url": "http://localhost#a"},
        {"base_url": "http://localhost:99999"},
        {"base_url": "http://a..b"},
        {"api_key": ""},
        {"api_key": "rf live"},
        {"api_key": "rf_live_é"},
        {"api_key": "rf\nlive"},
        {"project_id": ""},
        {"project_id": ".."},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "60"},
        {"timeout": True},
    ],
)
def test_a_client_refuses_arguments_that_cannot_work(arguments: dict[str, Any]):
    with pytest.raises(InvalidArgumentError):
        ReflectClient(**{"base_url": "http://localhost:8000", "api_key": "k", **arguments})


@pytest.mark.parametrize(
    "address",
    [
        "http://user:topsecret@localhost",
        "ftp://user:topsecret@localhost",
        "user:topsecret@localhost:8000",
        "http://user:topsecret@localhost:port",
        "http://localhost?key=topsecret",
        "http://user:topsecret@localhost?a=b",
    ],
)
def test_a_refused_address_does_not_show_the_password_in_it(address: str):
    with pytest.raises(InvalidArgumentError) as caught:
        ReflectClient(base_url=address, api_key="k")
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("world", ["", "_async"])
def test_a_bootstrap_token_that_cannot_be_sent_is_refused_without_showing_it(
    service: Scripted, world: str
):
    arguments = {"bootstrap_token": "topsecret\n", "user_id": "u", "project_id": "p"}

    async def bootstrap() -> object:
        called = getattr(ReflectClient, f"bootstrap{world}")(base_url=service.url, **arguments)
        return await called if world else called

    with pytest.raises(InvalidArgumentError) as caught:
        asyncio.run(bootstrap())
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))
    assert service.asked == []


@pytest.mark.parametrize("identifier", ["", ".", "..", "\ud800"])
def test_an_id_never_reaches_another_path(
    service: Scripted, client: ReflectClient, identifier: str
):
    with pytest.raises(InvalidArgumentError):
        client.get_trace(identifier)
    assert service.asked == []


@pytest.mark.parametrize("identifier", ["a/b", "../other", "a?b=c#d", "%2e%2e", "ü ber"])
def test_an_id_is_one_part_of_the_path_whatever_it_holds(
    service: Scripted, client: ReflectClient, identifier: str
):
    service.script(Answer(body=TRACE))
    client.with_options(project_id=identifier).get_trace(identifier)
    quoted = quote(identifier, safe="")
    assert service.asked[0].path == f"/v1/projects/{quoted}/traces/{quoted}"


@pytest.mark.parametrize("label", ["good", "", "passed", None, 1])
def test_an_unknown_review_label_is_refused_before_a_request(
    service: Scripted, client: ReflectClient, label: Any
):
    with pytest.raises(ValueError, match="'pass'"):
        client.review_trace("t1", result=label)
    assert service.asked == []


@pytest.mark.parametrize("trajectory", [5, b"text", {"role": "user"}, None, ["text"], [5]])
def test_a_trajectory_that_is_neither_messages_nor_text_is_refused_with_the_place(
    service: Scripted, client: ReflectClient, trajectory: Any
):
    place = r"trajectory\[0\] must be" if isinstance(trajectory, list) else "A trajectory must be"
    with pytest.raises(InvalidArgumentError, match=place):
        client.create_trace(task="Count", trajectory=trajectory)
    assert service.asked == []


@pytest.mark.parametrize("name", ["retrieved_memory_ids", "used_memory_ids"])
def test_a_single_string_is_no_list_of_ids(service: Scripted, client: ReflectClient, name: str):
    with pytest.raises(InvalidArgumentError, match=name):
        client.create_trace(task="Count", trajectory=[], **{name: "m1"})  # type: ignore[arg-type]  # the point of the test
    assert service.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=307, headers={"Location": "/v1/elsewhere"}),
        Answer(status=401, headers={"WWW-Authenticate": "Bearer topsecret is unknown"}),
    ],
    ids=["a redirect within the host", "a header"],
)
def test_no_error_holds_the_key_anywhere(service: Scripted, answer: Answer):
    service.script(answer)
    with (
        ReflectClient(base_url=service.url, api_key="topsecret") as client,
        pytest.raises(APIStatusError) as caught,
    ):
        client.get_trace("t1")
    assert b"topsecret" not in pickle.dumps(caught.value)
    response = caught.value.response
    assert "topsecret" not in repr((response.headers, response.next_request, response.history))


def test_a_redirect_that_a_given_client_follows_leaves_no_key_behind(service: Scripted):
    service.script(Answer(status=307, headers={"Location": "/v1/elsewhere"}), Answer(status=404))
    with (
        httpx.Client(follow_redirects=True) as given,
        pytest.raises(APIStatusError) as caught,
    ):
        ReflectClient(base_url=service.url, api_key="topsecret", http_client=given).get_trace("t1")
    assert b"topsecret" not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 302, "body": b"", "headers": {"Location": "?[::1"}},
        {"status": 404, "body": b"[" * 200_000},
        {"status": 404, "body": b"no", "headers": {"Content-Type": "text/plain; charset=hex"}},
        {"status": 404, "body": b"no", "headers": {"Content-Type": "text/plain; charset=idna"}},
        {
            "status": 503,
            "body": b"",
            "headers": {"Retry-After": "Mon, 01 Jan 2026 00:00:00 +99999999999999999"},
        },
    ],
    ids=["a way that is none", "deep", "hex", "idna", "a date far away"],
)
def test_an_odd_answer_is_the_error_of_its_status(service: Scripted, answer: dict[str, Any]):
    service.script(Answer(**answer))
    with (
        ReflectClient(base_url=service.url, api_key="k", max_retries=0) as client,
        pytest.raises(APIStatusError) as caught,
    ):
        client.get_trace("t1")
    assert caught.value.status_code == answer["status"]


def test_a_project_that_is_gone_after_a_lost_answer_is_deleted(
    service: Scripted, client: ReflectClient
):
    service.script(Answer(status=0), Answer(status=404, body={}))
    assert client.delete_project().deleted
    with pytest.raises(APIStatusError, match="404"):
        client.delete_project()


def test_tools_are_a_list(service: Scripted, client: ReflectClient):
    with pytest.raises(InvalidArgumentError, match="applicable_tools"):
        client.create_memory(
            task="t", summary="s", guidance="g", result="pass", applicable_tools="sql"
        )
    assert service.asked == []


def test_a_body_of_a_low_level_call_that_is_no_json_is_refused(
    service: Scripted, client: ReflectClient
):
    body = QueryMemoriesRequest(task="Count", metadata_filter={"tags": {1}})
    with pytest.raises(InvalidArgumentError, match="cannot be written as JSON"):
        query_memories.sync(client=client.api, project_id="p", body=body)
    assert service.asked == []
