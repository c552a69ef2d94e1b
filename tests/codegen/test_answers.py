import copy
import datetime
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from scripted_server import ScriptedServer

from reflect_api import AuthenticatedClient, errors
from reflect_api.api.api_keys import list_api_keys
from reflect_api.api.health import health
from reflect_api.api.memories import list_memories
from reflect_api.api.projects import delete_project
from reflect_api.api.traces import get_trace, list_traces
from reflect_api.models import IngestStatus, Problem, ReviewResult, TraceResponse

Call = Callable[..., Any]

TRACE = {
    "id": "t1",
    "task": "count",
    "trajectory": [{"role": "user", "content": "hi", "tool_calls": [{"id": 1}]}],
    "final_response": "42",
    "retrieved_memory_ids": ["m1"],
    "review_status": "reviewed",
    "ingest_status": "completed",
    "ingest_attempts": 1,
    "last_ingest_error": None,
    "model": None,
    "metadata": {"run": {"n": 1}},
    "created_memory_id": None,
    "review": {
        "id": "r1",
        "trace_id": "t1",
        "result": "pass",
        "feedback_text": None,
        "mode": "inline",
    },
}
PROBLEM = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "There is no trace t1.",
    "code": "not_found",
}


def trace(**changes: object):
    return json.dumps({**TRACE, **changes})


def without(name: str):
    return json.dumps({field: value for field, value in TRACE.items() if field != name})


def test_an_answer_of_the_contract_is_decoded(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, trace())
    answer = call(get_trace, "default", "t1", client=client)
    assert answer.ingest_status is IngestStatus.COMPLETED
    assert answer.review.result is ReviewResult.PASS
    assert answer.to_dict() == TRACE


def test_an_unknown_enum_value_stays_a_string_and_is_sent_back_unchanged(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, trace(ingest_status="paused"))
    answer = call(get_trace, "default", "t1", client=client)
    assert answer.ingest_status == "paused"
    assert type(answer.ingest_status) is str
    assert answer.to_dict()["ingest_status"] == "paused"


def test_an_unknown_field_is_kept(server: ScriptedServer, client: AuthenticatedClient, call: Call):
    server.answers_with(200, trace(priority={"level": 3}))
    answer = call(get_trace, "default", "t1", client=client)
    assert answer.additional_properties == {"priority": {"level": 3}}
    assert answer["priority"] == {"level": 3}
    assert answer.to_dict()["priority"] == {"level": 3}


def test_free_form_objects_are_plain_dicts(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, trace())
    answer = call(get_trace, "default", "t1", client=client)
    assert type(answer.metadata) is dict
    assert type(answer.trajectory[0]) is dict
    assert answer.trajectory == TRACE["trajectory"]


def test_a_map_of_strings_is_a_plain_dict(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, '{"status": "ok"}')
    assert call(health, client=client) == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (without("task"), "TraceResponse.task", "is missing"),
        (trace(task=7), "TraceResponse.task", "is a number where a string is expected"),
        (trace(ingest_attempts="1"), "TraceResponse.ingest_attempts", "is a string where"),
        (trace(ingest_attempts=True), "TraceResponse.ingest_attempts", "is a boolean where"),
        (trace(ingest_status=None), "TraceResponse.ingest_status", "is null where a string"),
        (trace(trajectory="text"), "TraceResponse.trajectory", "is a string where an array"),
        (trace(trajectory=[{}, {}, 3]), "TraceResponse.trajectory[2]", "where an object"),
        (trace(metadata=[]), "TraceResponse.metadata", "is an array where an object"),
        (trace(review={"id": "r1"}), "TraceResponse.review.trace_id", "is missing"),
        (trace(review=[1]), "TraceResponse.review", "is an array where an object"),
        (trace(created_at="soon"), "TraceResponse.created_at", "is a string but not a date-time"),
        ("[]", "TraceResponse", "is an array where an object is expected"),
        ("null", "TraceResponse", "is null where an object is expected"),
    ],
)
def test_a_value_of_another_shape_is_a_decode_error_that_names_it(
    server: ScriptedServer,
    client: AuthenticatedClient,
    call: Call,
    body: str,
    field: str,
    problem: str,
):
    server.answers_with(200, body, X_Request_Id="r-1")
    with pytest.raises(errors.DecodeError) as caught:
        call(get_trace, "default", "t1", client=client, prefer="wait=1")
    error = caught.value
    address = f"{server.url}/v1/projects/default/traces/t1"
    assert (error.method, error.url, error.status_code) == ("GET", address, 200)
    assert (error.path, error.request_id) == ("/v1/projects/default/traces/t1", "r-1")
    assert error.body_start == body[:500]
    assert error.field == field
    assert problem in str(error)
    assert str(error).startswith(f"GET {address} answered 200, but the field `{field}` ")


def test_a_number_that_no_float_can_hold_is_a_decode_error(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    memory = {"id": "m1", "task": "t", "reflection": "r", "q_value": 10**400}
    server.answers_with(200, json.dumps([memory]))
    with pytest.raises(errors.DecodeError, match=r"\[0\]\.q_value` is a number of more"):
        call(list_memories, "default", client=client)


def test_an_error_in_a_list_names_the_position(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, f"[{trace()}, {without('task')}]")
    with pytest.raises(errors.DecodeError, match=r"`TraceResponse\[1\]\.task` is missing"):
        call(list_traces, "default", client=client)


def test_the_query_does_not_show_in_errors(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, "{")
    with pytest.raises(errors.DecodeError) as caught:
        call(list_traces, "default", client=client, cursor="hidden")
    assert "hidden" not in str(caught.value)
    assert caught.value.url == f"{server.url}/v1/projects/default/traces"


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", '{"id": "t1', "[" * 200_000])
def test_a_success_that_is_not_json_is_a_decode_error(
    server: ScriptedServer, client: AuthenticatedClient, call: Call, body: str
):
    server.answers_with(200, body, kind="text/html")
    with pytest.raises(errors.DecodeError, match=f"{len(body)} bytes.* is not JSON") as caught:
        call(get_trace, "default", "t1", client=client)
    assert caught.value.field is None


def test_an_absent_optional_field_is_unset_and_so_is_a_null_that_the_contract_does_not_know(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(200, '{"deleted": null}')
    answer = call(delete_project, "default", client=client)
    assert not answer.deleted
    assert answer.to_dict() == {}


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_documented_error_is_raised_with_its_problem(
    server: ScriptedServer, client: AuthenticatedClient, call: Call, status: int
):
    server.answers_with(status, json.dumps(PROBLEM), kind="application/problem+json")
    with pytest.raises(errors.StatusError) as caught:
        call(get_trace, "default", "t1", client=client)
    assert caught.value.status_code == status
    assert isinstance(caught.value.parsed, Problem)
    assert caught.value.parsed.detail == "There is no trace t1."
    assert "There is no trace t1." in str(caught.value)


def test_a_documented_error_is_returned_by_the_detailed_functions(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(404, json.dumps(PROBLEM), kind="application/problem+json")
    response = call(get_trace, "default", "t1", client=client, detailed=True)
    assert response.status_code == 404
    assert response.parsed.code == "not_found"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("detailed", [True, False])
@pytest.mark.parametrize("status", [401, 503])
@pytest.mark.parametrize(
    "body", ["<html>Down</html>", "", '{"type": "abou', '{"error": "x"}', "[]"]
)
def test_a_documented_error_with_another_body_keeps_status_and_text(
    server: ScriptedServer,
    client: AuthenticatedClient,
    call: Call,
    body: str,
    status: int,
    detailed: bool,
):
    server.answers_with(status, body, kind="text/html")
    with pytest.raises(errors.StatusError) as caught:
        call(get_trace, "default", "t1", client=client, detailed=detailed)
    assert caught.value.status_code == status
    assert caught.value.text == body
    assert caught.value.parsed is None
    assert body in str(caught.value)
    assert f"answered {status}" in str(caught.value)


@pytest.mark.parametrize("detailed", [True, False])
@pytest.mark.parametrize("status", [418, 520, 529, 599, 302, 203])
def test_an_undocumented_status_is_an_error_with_that_status(
    server: ScriptedServer, client: AuthenticatedClient, call: Call, status: int, detailed: bool
):
    server.answers_with(status, "overloaded", kind="text/plain")
    with pytest.raises(errors.UnexpectedStatus) as caught:
        call(get_trace, "default", "t1", client=client, detailed=detailed)
    assert caught.value.status_code == status
    assert caught.value.text == "overloaded"


def test_an_undocumented_status_can_be_looked_at(server: ScriptedServer, call: Call):
    server.answers_with(529, "overloaded", kind="text/plain")
    with AuthenticatedClient(server.url, token="t", raise_on_unexpected_status=False) as client:
        response = call(get_trace, "default", "t1", client=client, detailed=True)
        assert (response.status_code, response.parsed) == (529, None)
        with pytest.raises(errors.StatusError):
            call(get_trace, "default", "t1", client=client)


def test_a_long_body_is_cut_in_the_message(
    server: ScriptedServer, client: AuthenticatedClient, call: Call
):
    server.answers_with(503, "x" * 10_000, kind="text/plain")
    with pytest.raises(errors.StatusError) as caught:
        call(get_trace, "default", "t1", client=client)
    assert len(str(caught.value)) < 700
    assert len(caught.value.text) == 10_000


@pytest.mark.parametrize(
    "error",
    [
        errors.FieldError("TraceResponse", ".review.id", "is missing"),
        errors.DecodeError(200, b"<", "GET", "http://localhost/x", problem="its body is not JSON"),
        errors.StatusError(503, b"down", "GET", "http://localhost/x", parsed={"code": "down"}),
        errors.UnexpectedStatus(520, b"\xff", "GET", "http://localhost/x"),
        errors.InvalidArgumentError("`project_id` is empty."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling_and_have_one_root(error: errors.ReflectError):
    revived = pickle.loads(pickle.dumps(error))
    assert type(revived) is type(error)
    assert str(revived) == str(error)
    assert vars(revived) == vars(error)
    assert isinstance(error, errors.ReflectError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456+00:00"),
        ("2026-03-01T12:00:00.5+02:00", "2026-03-01T12:00:00.500000+02:00"),
        ("2026-03-01t12:00:00z", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00+00:00"),
    ],
)
def test_date_times_are_read_in_every_valid_form_and_always_have_a_time_zone(
    server: ScriptedServer, client: AuthenticatedClient, call: Call, text: str, expected: str
):
    key = {
        "id": "k",
        "public_id": "p",
        "label": "l",
        "scopes": ["memory:read", "memory:erase"],
        "environment": "live",
        "status": "active",
        "is_master": False,
        "created_at": text,
        "last_used_at": None,
        "revoked_at": None,
    }
    server.answers_with(200, json.dumps([key]))
    (answer,) = call(list_api_keys, "default", client=client)
    assert answer.created_at == datetime.datetime.fromisoformat(expected)
    assert answer.created_at.utcoffset() is not None
    assert answer.scopes[1] == "memory:erase"


def test_unset_keeps_its_identity_when_copied_and_pickled():
    answer = TraceResponse.from_dict(TRACE)
    for twin in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert twin == answer
        assert twin.to_dict() == TRACE
