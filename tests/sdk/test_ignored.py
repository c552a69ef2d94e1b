"""
What a service has ignored of a request.
"""

from __future__ import annotations

import pytest

from reflect_sdk import ReflectClient

from .scripted import Answer, Scripted


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
