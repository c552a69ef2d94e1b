"""
What exceptions say about a run: of the agent's own, or of something else.
"""

from __future__ import annotations

import concurrent.futures
import socket
from typing import Any

import httpx
import pytest

from reflect_sdk import ReflectClient

from .scripted import Answer, Asked, Scripted


class OwnError(Exception):
    """
    Of the agent's own.
    """


def error(
    name: str = "SomeError", base: type[Exception] = Exception, **attributes: Any
) -> Exception:
    return type(name, (base,), attributes)("Failed.")


def caused(by: BaseException) -> Exception:
    own = OwnError()
    own.__cause__ = by
    return own


def amid(context: BaseException, *, suppressed: bool = False) -> Exception:
    own = OwnError()
    own.__context__, own.__suppress_context__ = context, suppressed
    return own


def in_a_circle(*links: Exception) -> Exception:
    for link, following in zip(links, [*links[1:], links[0]], strict=True):
        link.__cause__ = following
    return links[0]


class GuardedError(Exception):
    """
    An exception that cannot be asked.
    """

    @property
    def status_code(self) -> int:
        raise RuntimeError("not now")


ABOUT_SOMETHING_ELSE = {
    "a connection": ConnectionResetError(),
    "a pipe": BrokenPipeError(),
    "a limit of time": TimeoutError(),
    "a name that is not found": socket.gaierror(),
    "httpx": httpx.ReadTimeout("late"),
    "429": error(status_code=429),
    "408": error(status_code=408),
    "529": error(status_code=529),
    "a response": error(response=httpx.Response(503)),
    "a response of AWS": error(response={"ResponseMetadata": {"HTTPStatusCode": 503}}),
    "a code": error(code=504),
    "a status": error(status=502),
    "a name": error("APIConnectionError"),
    "below a name": error("Special", type("RateLimitError", (Exception,), {})),
    "a cause": caused(caused(ConnectionError())),
    "a context": amid(TimeoutError()),
    "a group": ExceptionGroup("", [TimeoutError(), ExceptionGroup("", [error(status=500)])]),
    "a caller that has gone": error("ClientDisconnect"),
    "a group of them": ExceptionGroup("", [error("ClientDisconnect")]),
    "a group with an exit": BaseExceptionGroup("", [OwnError(), KeyboardInterrupt()]),
    "a future": concurrent.futures.CancelledError(),
}
ITS_OWN = {
    "its own": OwnError(),
    "a value": ValueError("503"),
    "400": error(status_code=400),
    "404": error(response=httpx.Response(404)),
    "600": error(status_code=600),
    "a truth": error(status_code=True),
    "a word": error(code="rate_limit"),
    "AWS": error(response={"Error": {}}),
    "a file": FileNotFoundError(),
    "an outage that was dealt with": amid(TimeoutError(), suppressed=True),
    "a group with its own": ExceptionGroup("", [TimeoutError(), OwnError()]),
    "a circle": in_a_circle(OwnError(), OwnError()),
    "one that cannot be asked": GuardedError(),
}


def _recorded(service: Scripted, client: ReflectClient, raised: BaseException) -> dict[str, Any]:
    def answer(asked: Asked) -> Answer:
        known = (
            [] if asked.path.endswith("/query") else {"trace_id": "t", "ingest_status": "queued"}
        )
        return Answer(body=known)

    service.always = answer
    with pytest.raises(type(raised)), client.trace("Count") as context:  # noqa: PT012 - the block is the point
        context.add({"role": "user", "content": "Count"})
        raise raised
    body: dict[str, Any] = service.asked[-1].body
    return body


@pytest.mark.parametrize("raised", ABOUT_SOMETHING_ELSE.values(), ids=ABOUT_SOMETHING_ELSE)
def test_what_is_about_something_else_says_nothing_about_the_run(
    service: Scripted, client: ReflectClient, raised: BaseException
):
    body = _recorded(service, client, raised)
    assert (body["ended"], "review" in body) == ("interrupted", False)


@pytest.mark.parametrize("raised", ITS_OWN.values(), ids=ITS_OWN)
def test_an_exception_of_the_agents_own_is_a_failed_run(
    service: Scripted, client: ReflectClient, raised: Exception
):
    body = _recorded(service, client, raised)
    assert ("ended" in body, body["review"]["result"]) == (False, "fail")
