import json

import msgspec
import pytest

import reflect_contract
from reflect_contract import models
from reflect_contract.operation import Operation
from reflect_contract.operations import OPERATIONS

BY_ID = {operation.operation_id: operation for operation in OPERATIONS}


def decode(name: str, body: object):
    return msgspec.json.decode(json.dumps(body), type=BY_ID[name].body)


def test_the_document_is_served_as_it_is_written():
    document = json.loads(reflect_contract.openapi_json())
    served = {
        (path, method.upper())
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "post", "put", "delete"}
    }
    assert served == {(operation.path, operation.method) for operation in OPERATIONS}


REQUIRED_FROM_THE_START = {
    "ApiKeyCreateResponse": "api_key key",
    "ApiKeyResponse": "id public_id label scopes environment status is_master created_at "
    "last_used_at revoked_at",
    "BootstrapResponse": "user_id project_id api_key",
    "MemoryResponse": "id task reflection",
    "Problem": "type title status detail code",
    "QValueEventResponse": "id trace_id review_id result alpha weight q_before q_after created_at",
    "ReviewResponse": "id trace_id result feedback_text mode",
    "SkillChange": "action title",
    "SkillCheck": "tasks reviews before after",
    "SkillLine": "id section title text memory_ids",
    "SkillResponse": "content",
    "TraceCreateResponse": "trace_id ingest_status",
    "TraceResponse": "id task trajectory final_response retrieved_memory_ids review_status "
    "ingest_status ingest_attempts last_ingest_error model metadata created_memory_id review",
}
"""What each answer had when it was first given; of the answers that are not here, nothing."""


def test_what_was_added_to_an_answer_is_optional_to_the_client():
    schemas = json.loads(reflect_contract.openapi_json())["components"]["schemas"]
    for name, first in REQUIRED_FROM_THE_START.items():
        assert set(schemas[name].get("required", ())) <= set(first.split()), name
    assert "required" not in schemas["MemoryExplanation"], "Versions weigh different things."


def test_operations_know_their_credentials():
    assert BY_ID["health"].credentials == ()
    (token,) = BY_ID["bootstrap"].credentials
    assert token.header == "X-Bootstrap-Token"
    (key,) = BY_ID["create_trace"].credentials
    assert (key.header, key.scopes) == ("Authorization", ("trace:write",))


def test_a_trajectory_is_an_array_of_messages_or_a_string():
    body = {"task": "count", "trajectory": [{"role": "user", "extra": [1]}]}
    assert decode("create_trace", body).trajectory == body["trajectory"]
    assert decode("create_trace", {**body, "trajectory": "summary"}).trajectory == "summary"
    with pytest.raises(msgspec.ValidationError, match=r"\$\.trajectory"):
        decode("create_trace", {**body, "trajectory": 3})


@pytest.mark.parametrize(
    ("name", "body", "place"),
    [
        ("query_memories", {"task": ""}, "$.task"),
        ("query_memories", {"task": "x", "limit": 0}, "$.limit"),
        ("query_memories", {"task": "x", "limit": 10_000}, "$.limit"),
        ("query_memories", {"task": "x", "lambda": 1.5}, "$.lambda"),
        ("query_memories", {"task": "x", "metadata_filter": []}, "$.metadata_filter"),
        ("review_trace", {"result": "maybe"}, "$.result"),
        ("review_trace", {"result": "pass", "alpha": -0.1}, "$.alpha"),
        ("delete_traces", {"trace_ids": []}, "$.trace_ids"),
        ("delete_traces", {"trace_ids": [""]}, "$.trace_ids[0]"),
        ("create_api_key", {"label": "l", "scopes": ["all"]}, "$.scopes[0]"),
    ],
)
def test_a_request_outside_the_limits_is_refused_with_its_place(
    name: str, body: object, place: str
):
    with pytest.raises(msgspec.ValidationError) as caught:
        decode(name, body)
    assert str(caught.value).endswith(f"`{place}`")


def test_absent_and_null_are_different_and_unknown_fields_are_passed_over():
    body = {"task": "x", "trajectory": "", "model": None, "colour": "red"}
    trace = decode("create_trace", body)
    assert trace.model is None
    assert trace.metadata is msgspec.UNSET
    assert decode("query_memories", {"task": "x", "lambda": 0.25}).lambda_ == 0.25


def test_what_is_unset_is_left_out_of_an_answer():
    problem = models.Problem(
        type="about:blank",
        title="Not Found",
        status=404,
        detail="There is none.",
        code=models.ProblemCode.NOT_FOUND,
    )
    assert json.loads(msgspec.json.encode(problem)) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is none.",
        "code": "not_found",
    }


def test_parameters_are_converted_from_text():
    limit, cursor = (
        parameter
        for parameter in BY_ID["list_memories"].parameters
        if parameter.location == "query"
    )
    assert msgspec.convert("50", limit.type, strict=False) == 50
    assert msgspec.convert("abc", cursor.type, strict=False) == "abc"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("0", limit.type, strict=False)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_every_type_of_an_operation_can_be_decoded_and_encoded(operation: Operation):
    for kind in (operation.body, operation.answer):
        if kind is not None:
            msgspec.json.Decoder(kind)
            assert msgspec.json.schema(kind)
    assert all(400 <= status < 600 for status in operation.problem_statuses)
