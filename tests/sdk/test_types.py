"""
The values that methods return.
"""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest
from attrs.exceptions import FrozenInstanceError

from reflect_sdk import DecodeError, MemoryResponse, TraceCreateResponse, TraceResponse

from .scripted import MEMORY, TRACE


def test_a_value_survives_every_way_of_copying_it():
    trace = TraceResponse.from_dict({**TRACE, "colour": "new"})
    assert pickle.loads(pickle.dumps(trace)) == trace
    assert copy.deepcopy(trace) == trace
    assert TraceResponse.from_dict(trace.to_dict()) == trace


def test_a_value_cannot_be_changed():
    trace = TraceResponse.from_dict(TRACE)
    with pytest.raises(FrozenInstanceError):
        trace.task = "Another"  # type: ignore[misc]  # the point of the test


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
    with pytest.raises((DecodeError, ValueError), match=r"MemoryResponse\.task"):
        MemoryResponse.from_dict({"id": "m1", "reflection": "r"})
