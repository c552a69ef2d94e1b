from __future__ import annotations

import json
from typing import Any

from .projects import Project

CALL = {"role": "assistant", "content": None, "tool_calls": [
    {"id": "c", "type": "function", "function": {"name": "refund", "arguments": "{}"}}
]}  # fmt: skip  # a message
LOCKED = {"role": "tool", "tool_call_id": "c", "content": "Error executing tool refund"}
RUN = [CALL, LOCKED, {"role": "assistant", "content": "Order 17 is locked."}]
READ = {"steps": 3, "calls": 1, "failures": 1, "not_understood": 0, "beginning_missing": False}


def created(project: Project, trajectory: Any, **more: Any) -> dict[str, Any]:
    body = {"task": "Refund order 17", "trajectory": trajectory, **more}
    answer: dict[str, Any] = project.http.post("/traces", json=body).json()
    return answer


def test_a_trace_tells_how_it_was_read(project: Project):
    for trajectory in (RUN, json.dumps(RUN), "\n".join(map(json.dumps, RUN))):
        receipt = created(project, trajectory)
        assert "reading" not in receipt
        assert project.get(f"/traces/{receipt['trace_id']}")["reading"] == READ
    assert "reading" not in project.get("/traces")[0]


def test_the_receipt_tells_what_was_not_understood_or_is_missing(project: Project):
    odd = created(project, [{"blip": 1}, *RUN])["reading"]
    assert odd == {**READ, "steps": 4, "not_understood": 1}
    assert created(project, RUN[1:])["reading"]["beginning_missing"] is True


def test_nothing_is_claimed_of_a_run_that_was_not_understood(project: Project):
    receipt = created(project, [{"blip": {"tool": "refund"}}], review={"result": "pass"})
    assert receipt["reading"] == {
        "steps": 1, "calls": 0, "failures": 0, "not_understood": 1, "beginning_missing": False
    }  # fmt: skip  # a reading
    trace = project.awaited(receipt["trace_id"])
    said = project.get(f"/memories/{trace['created_memory_id']}")
    assert said["guidance"].startswith("The run passed, but its record was not understood")
    assert not said["correct_action"]
    assert not said["tools_used"]
