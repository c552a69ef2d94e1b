"""
Retry policy: what is tried again, and how long to back off before.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx
from attrs import evolve, field, frozen

from reflect_api.route import IDEMPOTENCY_HEADER, Idempotency
from reflect_api.routes import ROUTES
from reflect_sdk._transport.effects import bound_of_calls

_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, *range(520, 530)})
_IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_MOST_DOUBLINGS = 1_000  # What a float can hold.


@frozen
class RetryPolicy:
    """
    Retries, deadline and exponential backoff of a call.

    Attributes:
        max_retries: How often a request is tried again at the most; 2 by default, 0 turns it off.
        deadline: Seconds that a call may take in all, retries and pauses included; None for no
            bound but that of the single phases.
        first_pause: Upper bound, in seconds, of the pause before the first retry; it doubles with
            each further one.
        longest_pause: Upper bound, in seconds, of any pause, those that the service asks for
            included.
        clock: Monotonic seconds; replaced in tests.
        jitter: A number in [0, 1) for each pause; replaced in tests.
    """

    max_retries: int = 2
    deadline: float | None = None
    first_pause: float = 0.5
    longest_pause: float = 8.0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    jitter: Callable[[], float] = field(default=random.random, repr=False)

    def within_bounds(self) -> RetryPolicy:
        """
        Return the policy for a call that `at_most` may bound further.
        """
        seconds = bound_of_calls()
        if seconds is None or (self.deadline is not None and self.deadline <= seconds):
            return self
        return evolve(self, deadline=seconds)

    def left(self, started: float) -> float | None:
        """
        Return how many seconds of the call are left; none, or fewer, when its time is over.

        Args:
            started: When it began, by `clock`.

        Returns:
            The seconds, or None where nothing bounds the call as a whole.
        """
        if self.deadline is None:
            return None
        return self.deadline - (self.clock() - started)

    def pause(self, retries: int, response: httpx.Response | None) -> float:
        """
        Return how many seconds to wait before the next attempt.

        What the service asks for (`Retry-After`) wins; else the pause is drawn evenly between 0 and
        an exponentially growing bound ("full jitter", AWS Architecture Blog, 2015).

        Args:
            retries: How many retries there were already.
            response: The answer of the failed attempt; None where there was none.
        """
        asked = None if response is None else _retry_after(response)
        if asked is not None:
            return min(asked, self.longest_pause)
        bound = min(self.longest_pause, self.first_pause * 2.0 ** min(retries, _MOST_DOUBLINGS))
        return bound * self.jitter()


_route = lru_cache(maxsize=256)(ROUTES.find)  # Most calls of a client go to a few paths.


def is_repeatable(request: httpx.Request) -> bool:
    """
    Say whether sending the request twice does no more than sending it once.

    The contract says so of its operations; of what it does not know, the method does (RFC 9110,
    section 9.2.2).
    """
    if IDEMPOTENCY_HEADER in request.headers:
        return True
    route = _route(request.method, raw_path(request))
    if route is None:
        return request.method in _IDEMPOTENT_METHODS
    return route.idempotency is Idempotency.NATURAL


def wants_idempotency_key(request: httpx.Request) -> bool:
    """
    Say whether the request is to carry an idempotency key, and has none yet.
    """
    if request.method in _IDEMPOTENT_METHODS:
        return False
    route = _route(request.method, raw_path(request))
    keyed = route is not None and route.idempotency is Idempotency.KEY
    return keyed and IDEMPOTENCY_HEADER not in request.headers


def may_succeed_later(status: int) -> bool:
    """
    Say whether an answer with this status is worth another attempt.
    """
    return status in _RETRIED_STATUSES


def raw_path(request: httpx.Request) -> str:
    """
    Return the path as it is sent, percent-encoded and without the query.
    """
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def _retry_after(response: httpx.Response) -> float | None:
    milliseconds = _number(response.headers.get("Retry-After-Ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = response.headers.get("Retry-After")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
