"""
What cannot be provoked from outside: handlers that fail, and operations without one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from reflect_server.api.call import Call
from reflect_server.api.routes import HANDLERS
from reflect_server.configuration.settings import Settings
from reflect_server.errors import StoreError
from reflect_server.http.service import Service
from reflect_server.serving.app import App
from reflect_server.serving.composition import running_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(Settings(data_dir=tmp_path)) as running:
        yield running


async def asked(app: App, method: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        return await http.request(method, path, **options)


def answer_of(app: App) -> httpx.Response:
    return asyncio.run(asked(app, "GET", "/health"))


def test_an_unexpected_failure_is_logged_and_not_shown(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    def health(call: Call) -> None:
        raise ZeroDivisionError("an internal detail")

    with caplog.at_level(logging.ERROR):
        answer = answer_of(App(service, {**HANDLERS, "health": health}))

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "internal detail" not in answer.text
    assert answer.headers["X-Request-Id"] in caplog.text
    assert "an internal detail" in caplog.text


def test_a_store_that_cannot_work_is_answered_503_with_a_time_to_try_again(
    service: Service,
) -> None:
    def health(call: Call) -> None:
        raise StoreError("The disk is full.")

    answer = answer_of(App(service, {**HANDLERS, "health": health}))

    assert answer.status_code == 503
    assert (answer.json()["code"], answer.json()["detail"]) == ("unavailable", "The disk is full.")
    assert int(answer.headers["Retry-After"]) > 0


def test_head_is_answered_like_get(service: Service) -> None:
    answer, with_body = (
        asyncio.run(asked(App(service), method, "/health")) for method in ("HEAD", "GET")
    )

    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == with_body.headers["Content-Length"]


def test_a_bootstrap_token_may_hold_any_character(tmp_path: Path) -> None:
    body = {"user_id": "u", "project_id": "p"}
    with running_service(Settings(data_dir=tmp_path, bootstrap_token=SecretStr("tök☃"))) as service:
        right, wrong = (
            asyncio.run(
                asked(
                    App(service),
                    "POST",
                    "/v1/bootstrap",
                    json=body,
                    headers={"X-Bootstrap-Token": token.encode()},
                )
            )
            for token in ("tök☃", "tok☃")
        )

    assert (right.status_code, wrong.status_code) == (200, 403)


def test_operations_and_handlers_must_pair(service: Service) -> None:
    without = {name: handler for name, handler in HANDLERS.items() if name != "health"}

    with pytest.raises(TypeError, match="health"):
        App(service, without)
    with pytest.raises(TypeError, match="unheard_of"):
        App(service, {**HANDLERS, "unheard_of": HANDLERS["health"]})
    with pytest.raises(TypeError, match="get_trace"):
        App(service, {**HANDLERS, "get_trace": HANDLERS["health"]})
