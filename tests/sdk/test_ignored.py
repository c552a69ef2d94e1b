"""
What a service has ignored of a request, or not understood of a run.
"""

from __future__ import annotations

import pytest

from reflect_sdk import ReflectClient

from .scripted import RECEIPT, Answer, Scripted


def test_what_the_service_ignored_is_warned_of_once(
    service: Scripted, client: ReflectClient, caplog: pytest.LogCaptureFixture
):
    ignored = Answer(body=[], headers={"Reflect-Ignored": "limits, w%C3%B6rtlich"})
    service.script(ignored, ignored)
    client.query_memories("Count")
    client.query_memories("Count")

    (warning,) = caplog.messages
    assert "has ignored" in warning
    assert "limits, wörtlich" in warning


def test_a_run_that_is_not_understood_is_warned_of_once(
    service: Scripted, client: ReflectClient, caplog: pytest.LogCaptureFixture
):
    reading = {
        "steps": 2,
        "calls": 0,
        "failures": 0,
        "not_understood": 1,
        "beginning_missing": False,
    }
    service.script(
        Answer(body={**RECEIPT, "reading": reading}),
        Answer(body={**RECEIPT, "reading": {**reading, "not_understood": 2}}),
        Answer(body={**RECEIPT, "reading": {**reading, "not_understood": 2}}),
    )
    assert client.create_trace(task="Count", trajectory=[{"odd": 1}]).reading.not_understood == 1
    assert caplog.messages == []
    for _ in range(2):
        client.create_trace(task="Count", trajectory=[{"odd": 1}, {"odd": 2}])

    (warning,) = caplog.messages
    assert "understands no step" in warning
