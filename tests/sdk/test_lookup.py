"""
The look-up of memories before a run: bounded, and left out while the service does not answer.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reflect_sdk import (
    APIStatusError,
    InvalidArgumentError,
    RateLimitError,
    ReflectClient,
    ServerError,
    TraceContext,
)
from reflect_sdk._flows.breaker import FIRST_PAUSE, LONGEST_PAUSE, Breaker

from .scripted import MEMORY, RECEIPT, Answer, Asked, Scripted, scripted_server

MESSAGE = {"role": "assistant", "content": "42"}


def _refusing(*statuses: int, code: str = "unavailable") -> Answer:
    return Answer(status=statuses[0], body={"code": code}, headers={"Retry-After-Ms": "1"})


def _client(service: Scripted, **options: float) -> ReflectClient:
    return ReflectClient(
        base_url=service.url, api_key="k", background=False, max_retries=0, **options
    )


def _run(client: ReflectClient, task: str = "Count") -> TraceContext:
    with client.trace(task) as context:
        context.add(MESSAGE)
    return context


def _error(status: int, code: str = "unavailable") -> Exception:
    def answer(_: Asked) -> Answer:
        return _refusing(status, code=code)

    with scripted_server() as service:
        service.always = answer
        with _client(service) as client, pytest.raises(APIStatusError) as caught:
            client.health()
    return caught.value


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_outage_closes_the_way_until_one_trial_finds_the_service_again(clock: Clock):
    breaker, outage = Breaker(clock), _error(503)
    assert breaker.allows()
    breaker.note(outage)
    assert not breaker.allows()
    clock.now += FIRST_PAUSE
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.note(outage)
    clock.now += FIRST_PAUSE
    assert not breaker.allows()
    clock.now += FIRST_PAUSE
    assert breaker.allows()
    breaker.note(None)
    assert [breaker.allows() for _ in range(3)] == [True] * 3


def test_no_outage_is_believed_to_last_for_ever(clock: Clock):
    breaker, outage = Breaker(clock), _error(429)
    for _ in range(20):
        breaker.note(outage)
    clock.now += LONGEST_PAUSE
    assert breaker.allows()


def test_a_trial_that_nobody_ends_is_followed_by_another(clock: Clock):
    breaker = Breaker(clock)
    breaker.note(_error(408))
    clock.now += FIRST_PAUSE
    assert breaker.allows()
    clock.now += 10.0
    assert breaker.allows()


@pytest.mark.parametrize(("status", "code"), [(503, "warming_up"), (422, "invalid_request")])
def test_a_service_that_is_loading_or_refuses_is_there(clock: Clock, status: int, code: str):
    breaker = Breaker(clock)
    breaker.note(_error(status, code))
    assert breaker.allows()


def test_threads_share_one_trial(clock: Clock):
    breaker = Breaker(clock)
    breaker.note(_error(500))
    clock.now += FIRST_PAUSE
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda _: breaker.allows(), range(100)))
    assert allowed.count(True) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_an_outage_before_the_run_stops_no_agent_and_is_warned_of_once(
    service: Scripted, status: int, caplog: pytest.LogCaptureFixture
):
    service.always = lambda asked: (
        _refusing(status) if asked.path.endswith("/query") else Answer(body=RECEIPT)
    )
    with _client(service) as client:
        for _ in range(3):
            assert _run(client).memories == []
    assert caplog.text.count("The run goes on without memories") == 1
    assert [asked.path.rpartition("/")[2] for asked in service.asked] == ["query", *["traces"] * 3]


def test_a_strict_client_asks_each_time(service: Scripted):
    service.always = lambda _: _refusing(429)
    client = ReflectClient(
        base_url=service.url, api_key="k", strict=True, max_retries=0, background=False
    )
    for _ in range(2):
        with pytest.raises(RateLimitError), client.trace("Count"):
            pytest.fail("the block ran")
    client.close()


def test_a_service_that_hangs_costs_all_runs_together_one_look_up(service: Scripted):
    over = threading.Event()

    def hang(_: Asked) -> Answer:
        over.wait(60)
        return Answer(body=[])

    service.always = hang
    client = ReflectClient(base_url=service.url, api_key="k", lookup_timeout=0.3)
    begun = time.monotonic()
    for _ in range(100):
        with client.trace("Count"):
            pass
    seconds = time.monotonic() - begun
    over.set()
    client.close()
    assert seconds < 0.3 + 0.7


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), True, "2"])
def test_a_bound_that_bounds_nothing_is_refused(service: Scripted, wrong: float):
    with pytest.raises(InvalidArgumentError, match="lookup_timeout must be"):
        _client(service, lookup_timeout=wrong)


@pytest.mark.parametrize(
    ("task", "asked_with", "recorded_as"),
    [
        ("", None, "(no task)"),
        (" \n", None, "(no task)"),
        ("x" * 100_001, "x" * 100_000, "x" * 100_000),
        ("half \ud800", "half ?", "half ?"),
        (5, "5", "5"),
    ],
)
def test_what_cannot_be_looked_up_is_mended_or_done_without(
    service: Scripted,
    caplog: pytest.LogCaptureFixture,
    task: str,
    asked_with: str | None,
    recorded_as: str,
):
    service.always = lambda asked: Answer(
        body=[MEMORY] if asked.path.endswith("/query") else RECEIPT
    )
    with _client(service) as client:
        context = _run(client, task)
    assert context.task == task
    asked = [a.body["task"] for a in service.asked if a.path.endswith("/query")]
    assert asked == ([] if asked_with is None else [asked_with])
    assert service.asked[-1].body["task"] == recorded_as
    assert caplog.text.count("holds half a character") == 1


def test_a_run_of_an_outage_is_kept_at_once_while_the_service_is_not_asked(
    service: Scripted, tmp_path: object
):
    service.always = lambda asked: (
        Answer(body=[]) if asked.path.endswith("/query") else _refusing(503)
    )
    with ReflectClient(
        base_url=service.url, api_key="k", max_retries=0, spool_dir=str(tmp_path)
    ) as client:
        for _ in range(3):
            _run(client)
            client.flush()
        with pytest.raises(ServerError):
            client.create_trace(task="Count", trajectory="Asked all the same.")
    created = [asked for asked in service.asked if asked.path.endswith("/traces")]
    assert len(created) == 2
