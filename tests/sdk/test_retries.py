"""
The schedule of retries, the same in both worlds, on a clock that only the test moves.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import httpx
import pytest

from reflect_api.route import Route
from reflect_api.routes import ROUTES
from reflect_sdk import RateLimitError, ReflectError, ServerError, TransportError
from reflect_sdk._transport.delivery import deliver
from reflect_sdk._transport.effects import Flow, Send, drive, drive_async
from reflect_sdk._transport.response_body import ReceivedResponse
from reflect_sdk._transport.retry import RetryPolicy

URL = "http://localhost:8000/v1/projects/p"


def _drive_async(
    flow: Flow[object], send: Callable[[Any], object], sleep: Callable[[float], object]
) -> object:
    async def sent(effect: Any) -> object:
        return send(effect)

    async def slept(seconds: float) -> object:
        return sleep(seconds)

    return asyncio.run(drive_async(flow, sent, slept))


DRIVERS: dict[str, Callable[..., object]] = {"sync": drive, "async": _drive_async}


class World:
    """
    A service that answers as it is told, and the clock of the one who asks it.
    """

    def __init__(self, driver: str, *outcomes: int | Exception, **headers: str) -> None:
        self.now = 0.0
        self.attempts = 0
        self.pauses: list[float] = []
        self.driver = driver
        self.outcomes = list(outcomes)
        self.headers = headers

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def send(self, effect: Send[httpx.Request]) -> ReceivedResponse:
        self.attempts += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return ReceivedResponse(
            httpx.Response(outcome, headers=self.headers, content=b"", request=effect.request)
        )

    def deliver(self, request: httpx.Request, **policy: object) -> None:
        settings = {"clock": lambda: self.now, "jitter": lambda: 0.5, **policy}
        flow = deliver(request, RetryPolicy(**settings))  # type: ignore[arg-type]  # a bag of settings
        DRIVERS[self.driver](flow, self.send, self.sleep)


@pytest.fixture(params=DRIVERS)
def world(request: pytest.FixtureRequest) -> Callable[..., World]:
    return partial(World, request.param)


@pytest.mark.parametrize("seed", range(50))
def test_both_worlds_keep_one_schedule_whatever_happens(seed: int):
    def history(driver: str) -> tuple[object, ...]:
        chance = random.Random(seed)
        broken = httpx.ReadTimeout("slow"), httpx.ConnectError("refused"), httpx.ReadError("reset")
        outcomes = [*broken, 200, 404, *[429, 500, 502, 503, 504] * 3]
        world = World(driver, *chance.choices(outcomes, k=9))
        method = chance.choice(["GET", "POST"])
        path = chance.choice(["/traces", "/api-keys"])
        end: object = None
        try:
            world.deliver(
                httpx.Request(method, URL + path),
                max_retries=7,
                deadline=chance.uniform(1, 20),
                jitter=chance.random,
            )
        except ReflectError as error:
            end = type(error), str(error), vars(error)["retries"]
        return world.pauses, world.attempts, world.now, end

    assert history("sync") == history("async")


def test_pauses_double_up_to_the_longest_one(world: Callable[..., World]):
    service = world(503)
    with pytest.raises(ReflectError):
        service.deliver(httpx.Request("GET", URL), max_retries=6)
    assert service.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]


def test_the_longest_pause_holds_for_any_number_of_retries():
    assert RetryPolicy(jitter=lambda: 1.0).pause(5_000, None) == 8.0


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "3600"}, 8.0),
        ({"Retry-After-Ms": "250"}, 0.25),
        ({"Retry-After": "soon"}, 0.25),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:00 -0000"}, 0.0),
        ({"Retry-After": "-1"}, 0.25),
        ({"Retry-After": "nan"}, 0.25),
        ({"Retry-After": format_datetime(datetime.now(UTC) - timedelta(1), usegmt=True)}, 0.0),
        ({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(1), usegmt=True)}, 8.0),
    ],
)
def test_the_service_says_when_to_come_back(
    world: Callable[..., World], headers: dict[str, str], pause: float
):
    service = world(429, **headers)
    with pytest.raises(ReflectError):
        service.deliver(httpx.Request("GET", URL), max_retries=1)
    assert service.pauses == [pause]


def test_no_retry_starts_after_the_deadline(world: Callable[..., World]):
    service = world(503, **{"Retry-After": "2"})
    with pytest.raises(ReflectError):
        service.deliver(httpx.Request("GET", URL), max_retries=10, deadline=5.0)
    assert service.pauses == [2.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 501, 505, 530])
def test_an_answer_that_will_not_change_is_not_asked_for_again(
    world: Callable[..., World], status: int
):
    service = world(status)
    with pytest.raises(ReflectError):
        service.deliver(httpx.Request("GET", URL))
    assert service.attempts == 1


@pytest.mark.parametrize("last", [httpx.ReadError("reset"), httpx.ReadTimeout("slow")])
def test_a_last_attempt_that_gets_no_answer_does_not_hide_the_answer_before(
    world: Callable[..., World], last: Exception
):
    service = world(429, last, **{"X-Request-Id": "r-7"})
    with pytest.raises(TransportError, match="after 2 attempts") as caught:
        service.deliver(httpx.Request("GET", URL), max_retries=1)
    assert isinstance(caught.value.__cause__, RateLimitError)
    assert str(caught.value).endswith(
        f" Before that, GET {URL} answered 429 Too Many Requests with an empty body "
        "(request id r-7)."
    )


def test_an_answer_to_the_last_attempt_has_no_cause(world: Callable[..., World]):
    service = world(429, httpx.ReadError("reset"), 503)
    with pytest.raises(ServerError) as caught:
        service.deliver(httpx.Request("GET", URL))
    assert caught.value.__cause__ is None


NEVER_REPEATED = {"bootstrap", "create_api_key", "create_skill", "retry_traces"}
GET_A_KEY = {"create_trace"}


def _request_of(route: Route) -> httpx.Request:
    return httpx.Request(route.method, "http://x.test" + re.sub(r"{\w+}", "a%2Fb", route.path))


@pytest.mark.parametrize("route", ROUTES.routes, ids=lambda route: route.operation_id)
def test_an_operation_is_repeated_where_the_contract_lets_it(
    world: Callable[..., World], route: Route
):
    service = world(500)
    request = _request_of(route)
    with pytest.raises(ReflectError):
        service.deliver(request)
    assert service.attempts == (1 if route.operation_id in NEVER_REPEATED else 3)
    assert ("Idempotency-Key" in request.headers) == (route.operation_id in GET_A_KEY)


@pytest.mark.parametrize("route", ROUTES.routes, ids=lambda route: route.operation_id)
def test_a_request_with_a_key_is_repeated_and_keeps_it(world: Callable[..., World], route: Route):
    service = world(500)
    request = _request_of(route)
    request.headers["Idempotency-Key"] = "mine"
    with pytest.raises(ReflectError):
        service.deliver(request)
    assert service.attempts == 3
    assert request.headers["Idempotency-Key"] == "mine"


@pytest.mark.parametrize(
    ("method", "path", "attempts"),
    [
        ("POST", "/gateway/v1/projects/p/memory/query", 3),
        ("POST", "/v1/projects/traces/memory/query", 3),
        ("POST", "/v1/projects//memory/query", 1),
        ("POST", "/v1/projects/p/memory/query/", 1),
        ("POST", "/memory/query", 1),
        ("POST", "/v1/projects/p/traces/review", 1),
        ("POST", "/v1/projects/p/dreams", 1),
        ("PATCH", "/v1/projects/p/traces", 1),
        ("PUT", "/v1/projects/p/dreams", 3),
        ("GET", "/", 3),
    ],
)
def test_of_a_path_that_the_contract_does_not_know_the_method_decides(
    world: Callable[..., World], method: str, path: str, attempts: int
):
    service = world(500)
    request = httpx.Request(method, f"http://x.test{path}")
    with pytest.raises(ReflectError):
        service.deliver(request)
    assert service.attempts == attempts
    assert "Idempotency-Key" not in request.headers
