"""
Doors beside the contract: what they serve, and the steps of a request to them.

Each door says which paths it has, what a request has to show there, and what of the server it takes
while it is answered. `serving.doors` lists the doors of a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from starlette.requests import Request
from starlette.responses import Response

from reflect_contract.operation import Credential
from reflect_server.http.credentials import authenticate, require_rate
from reflect_server.http.problems import MethodNotAllowedError
from reflect_server.http.service import Service
from reflect_server.http.threads import SCRAPES, USUAL

_READING = ("GET", "HEAD")


class Slot(Enum):
    """
    What a request takes while it is answered.
    """

    WORKING = "working"
    """One of the places of all requests, and one of their threads."""

    SCRAPE = "scrape"
    """One of a few places and threads that no other request takes."""


@dataclass(frozen=True, slots=True)
class Page:
    """
    What answers GET requests of one path.

    Attributes:
        respond: Answers, on a thread.
        credentials: What a request has to show; nothing where empty.
        slot: What it takes while it is answered.
    """

    respond: Callable[[Service], Response]
    credentials: tuple[Credential, ...] = ()
    slot: Slot = Slot.WORKING


@dataclass(frozen=True, slots=True)
class Door:
    """
    What a room serves beside the contract.

    Attributes:
        room: The room.
        pages: Its pages, by path.
    """

    room: str
    pages: Mapping[str, Page]


async def respond(service: Service, page: Page, request: Request) -> Response:
    """
    Take a request to a page through its steps.

    Args:
        service: The running service.
        page: The page.
        request: The request.

    Raises:
        ReflectServerError: It is refused; says why.
    """
    _require_reading(request)
    now = datetime.now(UTC)
    if page.credentials:
        await authenticate(service, request, page.credentials, now=now)
    else:
        require_rate(service, request)
    if page.slot is Slot.SCRAPE:
        with service.limits.scrapes.slot():
            return await SCRAPES.run(page.respond, service)
    with service.limits.working.slot():
        return await USUAL.run(page.respond, service)


def _require_reading(request: Request) -> None:
    if request.method not in _READING:
        raise MethodNotAllowedError(
            f"This page has no method {request.method}; it has GET and HEAD.", allowed=_READING
        )
