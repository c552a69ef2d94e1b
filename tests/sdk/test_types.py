"""
The values that methods return.
"""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from attrs.exceptions import FrozenInstanceError

import reflect_sdk
from reflect_sdk import (
    AugmentedTask,
    FieldError,
    MemoryResponse,
    TraceCreateResponse,
    TraceResponse,
)

from .scripted import MEMORY, TRACE

KEY = {
    "id": "k1",
    "public_id": "abc",
    "label": "ci",
    "scopes": ["memory:read", "memory:dream"],
    "environment": "staging",
    "status": "suspended",
    "is_master": False,
    "created_at": "2026-03-01T12:00:00+00:00",
    "last_used_at": None,
    "revoked_at": None,
}
WHY: dict[str, Any] = {
    "candidates": 34,
    "similarity": 0.8,
    "lexical_rank": None,
    "lexical": 0.0,
    "feedback": -0.02,
    "estimate": 0.7,
    "estimate_low": 0.4,
    "estimate_high": 0.9,
    "evidence": 4.0,
    "base_rate": 0.6,
    "utility": 0.05,
    "agreeing": 0,
    "agreement": 0.0,
    "diversity_penalty": 0.2,
}
READING: dict[str, Any] = {
    "steps": 9,
    "calls": 3,
    "failures": 1,
    "not_understood": 2,
    "beginning_missing": True,
}
VALUES: dict[str, dict[str, Any]] = {
    "ApiKeyCreateResponse": {"api_key": "rf_staging_a_b", "key": {**KEY, "shape": "round"}},
    "ApiKeyResponse": KEY,
    "BootstrapResponse": {"user_id": "u", "project_id": "p", "api_key": "rf_live_a_b"},
    "DeleteProjectResponse": {"project_id": "p", "deleted": True},
    "DeleteTracesResponse": {"deleted_trace_ids": ["t1"], "deleted_memory_ids": []},
    "MemoryExplanation": WHY,
    "MemoryResponse": {**MEMORY, "why": {**WHY, "mood": "sure"}},
    "ReviewResponse": {**TRACE["review"], "result": "partly", "mode": "dreamt"},
    "SkillResponse": {
        "content": "---\nname: sql\n---\n",
        "version": 2,
        "lines": [
            {"id": "l", "section": "dream", "title": "t", "text": "- Do", "memory_ids": ["m1"]}
        ],
        "changes": [{"action": "dreamt", "line_id": "l", "title": "t", "after": "- Do"}],
        "check": {"tasks": 9, "reviews": 4, "before": 0.6, "after": 0.5},
    },
    "TraceCreateResponse": {
        "trace_id": "t1",
        "ingest_status": "resting",
        "reading": {**READING, "mood": "sure"},
    },
    "TraceReading": READING,
    "TraceResponse": {
        **TRACE,
        "created_at": "2026-03-01T12:00:00+00:00",
        "review_status": "disputed",
        "ingest_status": "resting",
        "review": {**TRACE["review"], "mode": "dreamt", "weight": 3},
    },
}


def _has(whole: Any, part: Any) -> bool:
    """
    Say whether all of a JSON value is there unchanged; what it leaves out may have a default.
    """
    if isinstance(part, dict):
        return all(name in whole and _has(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_has, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_that_is_not_known_yet_survives_every_way_of_copying_it(kind: str):
    payload = {**VALUES[kind], "colour": {"new": [1, None]}}
    value: Any = getattr(reflect_sdk, kind).from_dict(payload)
    assert _has(value.to_dict(), payload)
    assert value.additional_properties == {"colour": {"new": [1, None]}}
    assert "UNSET" not in repr(vars(value))
    for twin in (
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        type(value).from_dict(value.to_dict()),
    ):
        assert (twin, type(twin)) == (value, type(value))
    with pytest.raises(FrozenInstanceError):
        setattr(value, next(iter(payload)), "another")


def test_an_augmented_task_survives_every_way_of_copying_it():
    value = AugmentedTask(augmented_task="Count", memories=[MemoryResponse.from_dict(MEMORY)])
    payload = json.loads(json.dumps(value.to_dict()))
    assert AugmentedTask.from_dict(payload) == pickle.loads(pickle.dumps(value)) == value


def test_what_to_dict_returns_is_a_copy():
    trace = TraceResponse.from_dict(TRACE)
    payload = trace.to_dict()
    payload["metadata"]["run"]["id"] = payload["trajectory"][0]["role"] = "changed"
    assert trace == TraceResponse.from_dict(TRACE)


def test_what_may_be_null_may_be_missing():
    least = {
        name: value
        for name, value in TRACE.items()
        if name not in {"model", "review", "last_ingest_error", "created_memory_id"}
    }
    trace = TraceResponse.from_dict(least)
    assert (trace.model, trace.review, trace.created_memory_id) == (None, None, None)


def test_what_the_service_leaves_out_has_its_documented_default():
    memory = MemoryResponse.from_dict({"id": "m1", "task": "t", "reflection": "r"})
    assert (memory.q_value, memory.similarity, memory.score, memory.success) == (0.5, 0, 0, None)
    assert (memory.summary, memory.applicable_tools, memory.created_at) == ("", [], None)


def test_date_times_are_aware():
    assert TraceResponse.from_dict(TRACE).created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_both_names_of_a_trace_id_are_there():
    receipt = TraceCreateResponse(trace_id="t1", ingest_status="queued")
    trace = TraceResponse.from_dict(TRACE)
    assert receipt.id == receipt.trace_id == trace.id == trace.trace_id == "t1"


def test_a_long_value_does_not_flood_the_terminal():
    memory = MemoryResponse.from_dict({**MEMORY, "task": "x" * 100_000, "guidance": "y" * 100_000})
    assert len(repr(memory)) < 1_000


def test_a_value_that_is_no_value_names_the_field():
    with pytest.raises(FieldError, match=r"MemoryResponse\.task"):
        MemoryResponse.from_dict({"id": "m1", "reflection": "r"})


def test_a_subclass_of_the_same_name_changes_nothing_for_others():
    class ReviewResponse(reflect_sdk.ReviewResponse):
        pass

    class SkillLine(reflect_sdk.SkillLine):
        pass

    assert type(TraceResponse.from_dict(TRACE).review) is reflect_sdk.ReviewResponse
    skill = reflect_sdk.SkillResponse.from_dict(VALUES["SkillResponse"])
    assert [type(line) for line in skill.lines] == [reflect_sdk.SkillLine]
    assert type(ReviewResponse.from_dict(TRACE["review"])) is ReviewResponse


def test_a_subclass_is_made_as_its_base_is():
    class Problem(TraceResponse):  # There is a generated class of this name.
        @property
        def passed(self) -> bool:
            return self.review is not None and self.review.result == "pass"

    class Louder(Problem):
        pass

    trace = Louder.from_dict({**TRACE, "colour": "red"})
    assert trace.passed
    assert trace.additional_properties == {"colour": "red"}
    assert trace.to_dict() == TraceResponse.from_dict({**TRACE, "colour": "red"}).to_dict()


PUBLIC = [
    value for name in reflect_sdk.__all__ if isinstance(value := getattr(reflect_sdk, name), type)
]


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_a_class_is_known_by_the_name_that_it_is_imported_by(kind: type):
    assert kind.__module__ in {"reflect_sdk", "reflect_api.errors"}
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert isinstance(get_type_hints(kind), dict)  # Which a wrong module would leave unresolved.


def test_a_pickled_value_names_no_private_module():
    value = TraceResponse.from_dict(TRACE)
    assert b"reflect_sdk._" not in pickle.dumps(value)
    assert b"reflect_sdk._" not in pickle.dumps(reflect_sdk.IngestFailedError(value))


@pytest.mark.parametrize("absent", WHY)
def test_an_explanation_by_a_service_that_weighs_something_else_is_read(absent: str):
    why = {name: value for name, value in WHY.items() if name != absent}
    memory = reflect_sdk.MemoryResponse.from_dict({**MEMORY, "why": why})
    assert memory.why is not None
    assert getattr(memory.why, absent) in {0, None}
    assert memory.why.to_dict() == {**WHY, absent: getattr(memory.why, absent)}
