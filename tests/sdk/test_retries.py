"""
The schedule of retries, on a clock that only the test moves.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from reflect_sdk import ReflectError
from reflect_sdk._drivers import run
from reflect_sdk._http import Attempt, Sleep, deliver
from reflect_sdk._retry import RetryPolicy

URL = "http://localhost:8000/v1/projects/p"


class World:
    """
    A service that always answers the same, and the clock of the one who asks it.
    """

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.now = 0.0
        self.attempts = 0
        self.pauses: list[float] = []
        self.status = status
        self.headers = headers or {}

    def perform(self, effect: Attempt | Sleep) -> httpx.Response | None:
        if isinstance(effect, Sleep):
            self.pauses.append(effect.seconds)
            self.now += effect.seconds
            return None
        self.attempts += 1
        return httpx.Response(
            self.status, headers=self.headers, content=b"", request=effect.request
        )

    def deliver(self, request: httpx.Request, **policy: object) -> None:
        settings = {"clock": lambda: self.now, "jitter": lambda: 0.5, **policy}
        run(deliver(request, RetryPolicy(**settings)), self.perform)  # type: ignore[arg-type]  # a bag of settings


def test_pauses_double_up_to_the_longest_one():
    world = World(503)
    with pytest.raises(ReflectError):
        world.deliver(httpx.Request("GET", URL), max_retries=6)
    assert world.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "3600"}, 8.0),
        ({"Retry-After-Ms": "250"}, 0.25),
        ({"Retry-After": "soon"}, 0.25),
        ({"Retry-After": "-1"}, 0.25),
        ({"Retry-After": "nan"}, 0.25),
        ({"Retry-After": format_datetime(datetime.now(UTC) - timedelta(1), usegmt=True)}, 0.0),
        ({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(1), usegmt=True)}, 8.0),
    ],
)
def test_the_service_says_when_to_come_back(headers: dict[str, str], pause: float):
    world = World(429, headers)
    with pytest.raises(ReflectError):
        world.deliver(httpx.Request("GET", URL), max_retries=1)
    assert world.pauses == [pause]


def test_no_retry_starts_after_the_deadline():
    world = World(503, {"Retry-After": "2"})
    with pytest.raises(ReflectError):
        world.deliver(httpx.Request("GET", URL), max_retries=10, deadline=5.0)
    assert world.pauses == [2.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 501, 520])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int):
    world = World(status)
    with pytest.raises(ReflectError):
        world.deliver(httpx.Request("GET", URL))
    assert world.attempts == 1


@pytest.mark.parametrize(
    ("path", "attempts"),
    [
        ("/memory/query", 3),
        ("/traces", 3),
        ("/traces/delete", 3),
        ("/traces/t1/review", 3),
        ("/api-keys/k1/revoke", 3),
        ("/api-keys", 1),
        ("/skill/create", 1),
    ],
)
def test_only_posts_that_may_be_repeated_are(path: str, attempts: int):
    world = World(500)
    with pytest.raises(ReflectError):
        world.deliver(httpx.Request("POST", URL + path))
    assert world.attempts == attempts
