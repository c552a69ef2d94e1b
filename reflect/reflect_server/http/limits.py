"""
Rate limits for callers, and capacities for what the service does at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from reflect_server.configuration.settings import Settings
from reflect_server.errors import OverloadedError, RateLimitedError

BURST_SECONDS = 10
"""A caller that was silent for so long may send at once what these seconds allow."""

OVERLOAD_SECONDS = 1
"""When to try again after the service had no room."""

TOKEN_ATTEMPTS_PER_SECOND = 10.0
"""More from one address would let a weak token be guessed."""

BODIES_AT_ONCE = 16
"""Room for so many of the largest bodies: all that may be in work could be that large."""

LISTS_AT_ONCE = 16
"""So many long lists are sent at once; each has a few entries in memory, which may be large."""

SCRAPES_AT_ONCE = 4
"""So many may ask for metrics at once, which have room of their own."""

_SECOND = 10**9
_REMEMBERED_CALLERS = 10_000


class RateLimit:
    """
    Allows each caller so many requests per second, and bursts after silence.

    The generic cell rate algorithm (ITU-T I.371): per caller one number is kept, the time at which
    the requests so far would have arrived had they come evenly. Safe to call from any thread.

    Args:
        per_second: The rate, above 0; None for no limit.
        clock: The present time in whole nanoseconds, from any start, never going back.
    """

    def __init__(
        self, per_second: float | None, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._per_second = per_second
        self._interval = 0 if per_second is None else round(_SECOND / per_second)
        self._burst = max(BURST_SECONDS * _SECOND, self._interval)
        self._clock = clock
        self._due: dict[str, int] = {}
        self._lock = threading.Lock()

    def require(self, caller: str) -> None:
        """
        Count a request, or refuse it. A request that is refused does not count.

        Args:
            caller: Who sends it, such as the id of an API key.

        Raises:
            RateLimitedError: The caller has used up what it may send; says when to try again.
        """
        if not self._interval:
            return
        with self._lock:
            now = self._clock()
            due = max(self._due.get(caller, now), now) + self._interval
            wait = due - self._burst - now
            if wait <= 0:
                self._due[caller] = due
                self._forget(now)
        if wait > 0:
            seconds = math.ceil(wait / _SECOND)
            raise RateLimitedError(
                f"This caller sends more than the {self._per_second:g} requests per second that "
                f"this service allows. Try again in {seconds} s, and spread requests out.",
                retry_after=seconds,
            )

    def _forget(self, now: int) -> None:
        if len(self._due) > _REMEMBERED_CALLERS:
            self._due = {caller: due for caller, due in self._due.items() if due > now}


class BodyRoom:
    """
    Bounds the bytes of the bodies of all requests in work together. For the event loop alone.

    Args:
        limit: How many bytes they may have.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        """How many they have now."""


class BodyReservation:
    """
    Reserves the bytes of one body; see `Limits.admit`.

    Args:
        room: The room.
    """

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self.taken = 0
        """How many bytes it has now."""

    def take(self, size: int) -> None:
        """
        Take room for more of the body.

        Args:
            size: How many bytes more.

        Raises:
            OverloadedError: There is no room for them.
        """
        room = self._room
        if room.taken + size > room.limit:
            raise OverloadedError(
                f"The bodies of requests in work have {room.taken} bytes, and this one does "
                f"not fit into the {room.limit} that the service has for them. "
                "Send the request again shortly.",
                retry_after=OVERLOAD_SECONDS,
            )
        room.taken += size
        self.taken += size


class Capacity:
    """
    Bounds how many requests are in work at once. For the event loop alone.

    Args:
        limit: How many, at least 1.
        what: What takes the room, for the message: `requests in work`.
    """

    def __init__(self, limit: int, *, what: str) -> None:
        self._limit = limit
        self._what = what
        self.taken = 0
        """How many there are now."""

    @contextmanager
    def slot(self) -> Iterator[None]:
        """
        Take room for the length of a `with` block.

        Raises:
            OverloadedError: There is none.
        """
        if self.taken >= self._limit:
            raise OverloadedError(
                f"The service has {self.taken} {self._what}, as many as it is set to have. "
                "Send the request again shortly.",
                retry_after=OVERLOAD_SECONDS,
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


@dataclass(frozen=True, slots=True)
class Limits:
    """
    All limits of a server, which its doors share.

    Attributes:
        key_rate: How many requests each API key may send.
        token_rate: How many tokens each address may try.
        working: The requests in work.
        waiting: The requests that wait for a trace.
        lists: The long lists that are sent.
        scrapes: The requests for metrics.
        bodies: The bodies of the requests in work.
    """

    key_rate: RateLimit
    token_rate: RateLimit
    working: Capacity
    waiting: Capacity
    lists: Capacity
    scrapes: Capacity
    bodies: BodyRoom

    @contextmanager
    def admit(self, place: Capacity | None) -> Iterator[BodyReservation]:
        """
        Admit a request for the length of a `with` block: give it a place, and a reservation, of no
        bytes yet, for its body. At the end both come back.

        Args:
            place: Where it takes its place; None for a request that takes none.

        Raises:
            OverloadedError: There is none left.
        """
        reservation = BodyReservation(self.bodies)
        with nullcontext() if place is None else place.slot():
            try:
                yield reservation
            finally:
                self.bodies.taken -= reservation.taken

    @staticmethod
    def of(settings: Settings) -> Limits:
        """
        Return the limits that settings ask for, all of them unused.

        Args:
            settings: The settings.
        """
        return Limits(
            key_rate=RateLimit(settings.requests_per_second),
            token_rate=RateLimit(TOKEN_ATTEMPTS_PER_SECOND),
            working=Capacity(settings.max_concurrent_requests, what="requests in work"),
            waiting=Capacity(settings.max_waiting_requests, what="requests that wait"),
            lists=Capacity(LISTS_AT_ONCE, what="long lists under way"),
            scrapes=Capacity(SCRAPES_AT_ONCE, what="requests for metrics in work"),
            bodies=BodyRoom(BODIES_AT_ONCE * settings.max_body_bytes),
        )
