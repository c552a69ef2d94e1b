"""
What a caller sees when things go wrong.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from typing import Any

import httpx
import pytest

import reflect_sdk
from reflect_api.api.traces import get_trace
from reflect_sdk import (
    APIStatusError,
    ConnectionFailedError,
    DeadlineExceededError,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    ReflectClient,
    ReflectError,
    TransportError,
)

from .scripted import RECEIPT, TRACE, Answer, Scripted

SOON = {"Retry-After-Ms": "1"}
BODIES: dict[str, Any] = {
    "problem": {"detail": "`lambda` must be at most 1.", "code": "invalid_request"},
    "other JSON": {"error": "no"},
    "list": ["no"],
    "HTML": b"<html>Bad gateway</html>",
    "empty": b"",
    "truncated": b'{"detail": "`lam',
}
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


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", KINDS)
def test_every_error_answer_is_the_typed_error_of_its_status(
    service: Scripted, client: ReflectClient, status: int, body: str
):
    service.script(
        Answer(status=status, body=BODIES[body], headers={**SOON, "X-Request-Id": "r-7"})
    )
    with pytest.raises(getattr(reflect_sdk, KINDS[status])) as caught:
        client.get_trace("t1")
    error = caught.value
    assert isinstance(error, APIStatusError | httpx.HTTPStatusError)
    assert (error.status_code, error.method, error.request_id) == (status, "GET", "r-7")
    assert error.path == "/v1/projects/default/traces/t1"
    assert str(status) in str(error)
    assert error.response.status_code == status
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status_code, copy.code) == (str(error), status, error.code)
    if body == "problem":
        assert error.code == "invalid_request"
        assert error.detail == "`lambda` must be at most 1."


def test_the_low_level_client_raises_the_same_errors(service: Scripted, client: ReflectClient):
    service.script(Answer(status=404, body=b"<html>"))
    with pytest.raises(NotFoundError):
        get_trace.sync(client=client.api, project_id="default", trace_id="t1")


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


def test_a_silent_service_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with ReflectClient(base_url=address, api_key="k", timeout=0.2) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                client.get_trace("t1")
            with pytest.raises(TimeoutError):
                asyncio.run(client.get_trace_async("t1"))
    assert isinstance(caught.value, httpx.TimeoutException)
    assert pickle.loads(pickle.dumps(caught.value)).method == "GET"


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
        {"base_url": "http://user:password@localhost"},
        {"api_key": ""},
        {"api_key": "rf live"},
        {"api_key": "rf_live_é"},
        {"api_key": "rf\nlive"},
        {"project_id": ""},
        {"project_id": ".."},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "60"},
    ],
)
def test_a_client_refuses_arguments_that_cannot_work(arguments: dict[str, Any]):
    with pytest.raises(InvalidArgumentError):
        ReflectClient(**{"base_url": "http://localhost:8000", "api_key": "k", **arguments})


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_id_never_reaches_another_path(
    service: Scripted, client: ReflectClient, identifier: str
):
    with pytest.raises(InvalidArgumentError):
        client.get_trace(identifier)
    assert service.asked == []


@pytest.mark.parametrize("label", ["good", "", "passed", None, 1])
def test_an_unknown_review_label_is_refused_before_a_request(
    service: Scripted, client: ReflectClient, label: Any
):
    with pytest.raises(ValueError, match="'pass'"):
        client.review_trace("t1", result=label)
    assert service.asked == []


@pytest.mark.parametrize("trajectory", [5, b"text", {"role": "user"}, None, ["text"], [5]])
def test_a_trajectory_that_is_neither_messages_nor_text_is_refused(
    service: Scripted, client: ReflectClient, trajectory: Any
):
    with pytest.raises(InvalidArgumentError, match="trajectory"):
        client.create_trace(task="Count", trajectory=trajectory)
    assert service.asked == []


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_metadata_that_is_no_json_is_refused(service: Scripted, client: ReflectClient, value: Any):
    with pytest.raises(InvalidArgumentError, match="JSON"):
        client.create_trace(task="Count", trajectory=[], metadata={"value": value})
    assert service.asked == []
