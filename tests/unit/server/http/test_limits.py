from __future__ import annotations

from contextlib import suppress

import pytest

from reflect_server.errors import OverloadedError, RateLimitedError
from reflect_server.http.limits import (
    BURST_SECONDS,
    BodyReservation,
    BodyRoom,
    Capacity,
    RateLimit,
)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000

    def __call__(self) -> int:
        return self.seconds * 10**9


def allowed(limit: RateLimit, caller: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limit.require(caller)
        except RateLimitedError:
            continue
        count += 1
    return count


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(5, clock=clock)

    assert allowed(limit, "a", 1000) == 5 * BURST_SECONDS
    for _ in range(20):
        clock.seconds += 1
        assert allowed(limit, "a", 1000) in {4, 5, 6}


def test_the_refusal_says_after_which_time_a_request_is_allowed() -> None:
    clock = Clock()
    limit = RateLimit(0.05, clock=clock)
    limit.require("a")

    with pytest.raises(RateLimitedError) as refusal:
        limit.require("a")
    clock.seconds += refusal.value.retry_after - 1
    assert allowed(limit, "a", 1) == 0
    clock.seconds += 1
    assert allowed(limit, "a", 1) == 1


def test_callers_do_not_share_what_they_may_send() -> None:
    limit = RateLimit(1, clock=Clock())
    allowed(limit, "a", 1000)

    assert allowed(limit, "b", 1000) == BURST_SECONDS


def test_a_clock_that_jumps_ahead_allows_no_more_than_one_burst() -> None:
    clock = Clock()
    limit = RateLimit(5, clock=clock)
    allowed(limit, "a", 1000)
    clock.seconds += 10**9

    assert allowed(limit, "a", 1000) == 5 * BURST_SECONDS


def test_callers_that_are_silent_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(1, clock=clock)
    for number in range(10_001):
        limit.require(str(number))
        clock.seconds += 2

    assert len(limit._due) < 10


def test_without_a_rate_everything_is_allowed() -> None:
    assert allowed(RateLimit(None), "a", 1000) == 1000


def test_capacity_comes_back_however_a_request_ends() -> None:
    capacity = Capacity(1, what="requests in work")

    with suppress(ZeroDivisionError), capacity.slot():
        with pytest.raises(OverloadedError, match="1 requests in work"), capacity.slot():
            pass
        _ = 1 / 0
    with capacity.slot():
        assert capacity.taken == 1


def test_bodies_fill_their_room_to_the_last_byte_and_no_further() -> None:
    room = BodyRoom(100)
    first, second = BodyReservation(room), BodyReservation(room)
    first.take(60)
    second.take(40)

    with pytest.raises(OverloadedError, match="have 100 bytes"):
        second.take(1)
    assert (first.taken, second.taken, room.taken) == (60, 40, 100)
