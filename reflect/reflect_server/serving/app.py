"""
The ASGI application: every request in, exactly one answer out.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from itertools import chain
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reflect_contract.operations import OPERATIONS
from reflect_server.api.call import Answer, Call
from reflect_server.api.routes import HANDLERS
from reflect_server.api.routing import Endpoint, Handler, Router
from reflect_server.errors import ReflectServerError, ShutdownError
from reflect_server.http.limits import BodyRoom, Capacity
from reflect_server.http.list_response import ListResponse
from reflect_server.http.observation import CLIENT_GONE, Observation, observed
from reflect_server.http.problems import MethodNotAllowedError, problem_response
from reflect_server.http.request_body import read_body
from reflect_server.http.service import Service
from reflect_server.pages.routes import PAGES, Page

_log = logging.getLogger("reflect_server.requests")
_READING = ("GET", "HEAD")
_SMALL_BODY_BYTES = 64 * 1024
"""Working through so much takes less than handing it to a thread would gain."""
_AS_IT_SAYS = (b"x-content-type-options", b"nosniff")
"""No browser takes texts of callers, which many answers hold, for a page."""
_BODIES_AT_ONCE = 16
"""Room for so many of the largest bodies: all that may be in work could be that large."""
_LISTS_AT_ONCE = 16
"""So many long lists are sent at once; each has a few entries in memory, which may be large."""
_encode = msgspec.json.Encoder().encode


class App:
    """
    Serves the contract's operations, and the pages beside them.

    Args:
        service: The running service.
        handlers: A handler for each operation of the contract, by operation id.
    """

    def __init__(self, service: Service, handlers: Mapping[str, Handler] = HANDLERS) -> None:
        self._service = service
        self._router = Router(OPERATIONS, handlers)
        settings = service.settings
        self._working = Capacity(settings.max_concurrent_requests, what="requests in work")
        self._bodies = BodyRoom(_BODIES_AT_ONCE * settings.max_body_bytes)
        self._lists = Capacity(_LISTS_AT_ONCE, what="long lists under way")
        self._waiting = Capacity(settings.max_waiting_requests, what="requests that wait")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Answer one request; connections of other kinds are not accepted.
        """
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        request_id = secrets.token_hex(8)
        with observed(self._service, request, request_id) as observation, ExitStack() as held:
            response = await self._response_to(request, request_id, observation, held)
            if response is None:
                return
            response.raw_headers += ((b"x-request-id", request_id.encode()), _AS_IT_SAYS)
            if isinstance(response, ListResponse):
                observation.status = await self._sent(response, request, request_id, send)
            else:
                observation.status = response.status_code
                await response(scope, receive, send)

    async def _sent(
        self, response: ListResponse, request: Request, request_id: str, send: Send
    ) -> int:
        """
        Send a list, and return the status that tells how that went.
        """
        said = (request_id, request.method, request.scope["raw_path"].decode("latin-1"))
        try:
            await response(request.scope, request.receive, send)
        except asyncio.CancelledError:
            _log.warning("request %s broke off as the service ends: %s %s", *said)
            return HTTPStatus.SERVICE_UNAVAILABLE
        except TimeoutError:
            _log.warning("request %s was read too slowly: %s %s", *said)
            return CLIENT_GONE
        except Exception:  # noqa: BLE001 - whatever happens, it is told, and the client notices
            _log.exception("request %s broke off: %s %s", *said)
            return HTTPStatus.INTERNAL_SERVER_ERROR
        return response.status_code if response.is_complete else CLIENT_GONE

    async def _response_to(
        self, request: Request, request_id: str, observation: Observation, held: ExitStack
    ) -> Response | None:
        path = request.scope["raw_path"].decode("latin-1")
        failure: Exception
        try:
            return await self._respond(request, path, observation, held)
        except ClientDisconnect:
            return None
        except asyncio.CancelledError:
            failure = ShutdownError(
                "The service is being stopped and could not finish this request. "
                "Send it again once the service runs."
            )
        except Exception as error:  # noqa: BLE001 - whatever happens, the client gets an answer
            if not isinstance(error, ReflectServerError):
                _log.exception("request %s failed: %s %s", request_id, request.method, path)
            failure = error
        return problem_response(failure, instance=path, request_id=request_id)

    async def _respond(
        self, request: Request, path: str, observation: Observation, held: ExitStack
    ) -> Response:
        page = PAGES.get(path)
        if page is not None:
            observation.found(path)
            return await self._page(page, request)
        endpoint, values = self._router.find(request.method, request.scope["raw_path"])
        observation.found(endpoint.operation.operation_id)
        call = Call(self._service, endpoint.operation, request, values)
        if not endpoint.operation.credentials:
            return await self._answer(endpoint, call)
        call.require_credential()
        capacity = self._waiting if call.may_wait else self._working
        with capacity.slot():
            response = await self._answer(endpoint, call)
        if isinstance(response, ListResponse):
            held.enter_context(self._lists.slot())
        return response

    async def _page(self, page: Page, request: Request) -> Response:
        if request.method not in _READING:
            raise MethodNotAllowedError(
                f"This page has no method {request.method}; it has GET and HEAD.", allowed=_READING
            )
        return await run_in_threadpool(page, self._service, request)

    async def _answer(self, endpoint: Endpoint, call: Call) -> Response:
        await call.authenticate()  # Nobody without a key can make the service hold much.
        if endpoint.operation.body is None:
            return await self._work(endpoint, call, b"")
        settings = self._service.settings
        with self._bodies.guest() as take:
            raw_body = await read_body(
                call.request,
                limit=settings.max_body_bytes,
                seconds=settings.max_body_seconds,
                take=take,
            )
            return await self._work(endpoint, call, raw_body)

    async def _work(self, endpoint: Endpoint, call: Call, raw_body: bytes) -> Response:
        call.is_large = len(raw_body) > _SMALL_BODY_BYTES
        if call.is_large:
            arguments = await call.in_thread(call.arguments, raw_body)
        else:
            arguments = call.arguments(raw_body)
        await call.enter_project()
        if not endpoint.is_async:
            return await call.in_thread(_answer, endpoint, call, arguments)
        return _response(call, await endpoint.handler(call, **arguments))  # type: ignore[misc]  # a coroutine function, as `is_async` says


def _answer(endpoint: Endpoint, call: Call, arguments: Mapping[str, Any]) -> Response:
    return _response(call, endpoint.handler(call, **arguments))


def _response(call: Call, result: object) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    status = call.operation.success_status
    if answer.rest is None:
        return Response(_encode(answer.body), status, answer.headers, "application/json")
    parts = _array(chain([answer.body], answer.rest))
    if call.request.scope["http_version"] == "1.0":  # It has no chunks, which tell a list's end.
        return Response(b"".join(parts), status, answer.headers, "application/json")
    return ListResponse(parts, call.disconnected, status, answer.headers)


def _array(batches: Iterator[object]) -> Iterator[bytes]:
    opening = b"["
    for batch in batches:
        yield opening + _encode(batch)[1:-1]
        opening = b","
    yield b"]"
