"""
What cannot be provoked from outside: handlers that fail, and operations without one.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from reflect_server.api.call import Call
from reflect_server.api.routes import HANDLERS
from reflect_server.api.routing import Handler, WiringError
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


@pytest.mark.parametrize(
    ("handlers", "sentence"),
    [
        (
            {name: handler for name, handler in HANDLERS.items() if name != "health"},
            (
                "The contract's operation health has no handler. Write a function of this "
                "name in a module of `reflect_server/api/routes` and add it to its `HANDLERS`."
            ),
        ),
        (
            {**HANDLERS, "forecast": HANDLERS["health"]},
            (
                "The handler forecast answers no operation of the contract. Name it as the "
                "`operationId` in `openapi.yaml`, run `nox -s generate`, or remove it."
            ),
        ),
        (
            {**HANDLERS, "get_trace": HANDLERS["get_skill"]},
            (
                "The handler get_trace takes project_id, and its operation has prefer, project_id, "
                "trace_id, wait_for. Give it just these, as keyword arguments."
            ),
        ),
    ],
    ids=["a missing handler", "an unused handler", "a handler with other parameters"],
)
def test_handlers_that_are_not_the_contracts_are_told_in_one_sentence(
    service: Service, handlers: dict[str, Handler], sentence: str
) -> None:
    with pytest.raises(WiringError) as refused:
        App(service, handlers)

    assert refused.value.message == sentence


def test_metrics_and_health_answer_while_all_places_and_threads_are_taken(service: Service) -> None:
    done = threading.Event()

    def list_traces(call: Call, **_: object) -> list[object]:
        done.wait(30)
        return []

    def sign(handler: Handler) -> Handler:
        handler.__signature__ = inspect.signature(HANDLERS["list_traces"])  # type: ignore[attr-defined]
        return handler

    assert service.first_key is not None
    key = {"Authorization": f"Bearer {service.first_key.plaintext}"}
    app = App(service, {**HANDLERS, "list_traces": sign(list_traces)})
    path = "/v1/projects/p/traces"

    async def overloaded() -> list[int]:
        places = service.settings.max_concurrent_requests
        stalled = [
            asyncio.ensure_future(asked(app, "GET", path, headers=key)) for _ in range(places)
        ]
        try:
            while service.limits.working.taken < places:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0)
            return [
                (await asyncio.wait_for(asked(app, "GET", other, headers=key), 20)).status_code
                for other in ("/metrics", "/health", "/ready", "/docs", path)
            ]
        finally:
            done.set()
            await asyncio.gather(*stalled)

    while asyncio.run(asked(app, "GET", "/ready")).status_code != 200:
        pass
    assert asyncio.run(overloaded()) == [200, 200, 200, 503, 503]
