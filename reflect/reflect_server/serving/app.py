"""
The ASGI application: every request in, exactly one answer out.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reflect_contract.operations import OPERATIONS
from reflect_server.api.pipeline import Pipeline
from reflect_server.api.routes import HANDLERS
from reflect_server.api.routing import Handler, Router
from reflect_server.errors import ReflectServerError, ShutdownError
from reflect_server.http import doors
from reflect_server.http.doors import Door
from reflect_server.http.list_response import ListResponse
from reflect_server.http.observation import CLIENT_GONE, Observation, observed
from reflect_server.http.problems import problem_response
from reflect_server.http.service import Service
from reflect_server.serving.doors import DOORS

_log = logging.getLogger("reflect_server.requests")
_AS_IT_SAYS = (b"x-content-type-options", b"nosniff")
"""No browser takes texts of callers, which many answers hold, for a page."""


class App:
    """
    Serves the contract's operations, and the doors beside them.

    Args:
        service: The running service.
        handlers: A handler for each operation of the contract, by operation id.
        doors: The doors beside the contract.

    Raises:
        WiringError: The handlers are not those of the contract.
    """

    def __init__(
        self,
        service: Service,
        handlers: Mapping[str, Handler] = HANDLERS,
        doors: Sequence[Door] = DOORS,
    ) -> None:
        self._service = service
        self._pipeline = Pipeline(service, Router(OPERATIONS, handlers))
        self._pages = {path: page for door in doors for path, page in door.pages.items()}

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
        page = self._pages.get(path)
        if page is None:
            return await self._pipeline.respond(request, observation, held)
        observation.found(path)
        return await doors.respond(self._service, page, request)
