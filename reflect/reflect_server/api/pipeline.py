"""
The pipeline of a request of the contract: its steps, from its path to its response.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reflect_contract.operation import Operation
from reflect_server.api.answer import response_of
from reflect_server.api.arguments import arguments_of
from reflect_server.api.call import Call
from reflect_server.api.ignored import Ignored
from reflect_server.api.routing import Endpoint, Router
from reflect_server.domain.api_key import ApiKey
from reflect_server.http.credentials import authenticate
from reflect_server.http.limits import BodyReservation, Capacity
from reflect_server.http.list_response import ListResponse
from reflect_server.http.observation import Observation
from reflect_server.http.request_body import read_body
from reflect_server.http.service import Service
from reflect_server.http.threads import USUAL
from reflect_server.use_cases import projects

UNLIMITED = frozenset({"health", "readiness"})
"""Operations that are answered however much else there is to do."""

_SMALL_BODY_BYTES = 64 * 1024
"""Working through so much takes less than handing it to a thread would gain."""


class Pipeline:
    """
    Takes requests of the contract through their steps.

    Args:
        service: The running service.
        router: Finds the operation of a request, and its handler.
    """

    def __init__(self, service: Service, router: Router) -> None:
        self._service = service
        self._router = router

    async def respond(
        self, request: Request, observation: Observation, held: ExitStack
    ) -> Response:
        """
        Answer a request.

        Args:
            request: The request.
            observation: Is told which operation it asks for.
            held: Is given what is to be held until the response has been sent.

        Raises:
            ReflectServerError: It is refused, or failed on purpose; says why.
            ClientDisconnect: Its sender has gone.
        """
        now = datetime.now(UTC)
        endpoint, path_values = self._router.find(request.method, request.scope["raw_path"])
        operation, project_id = endpoint.operation, path_values.get("project_id")
        observation.found(operation.operation_id)
        key = await authenticate(
            self._service, request, operation.credentials, project_id=project_id, now=now
        )
        limits = self._service.limits
        with limits.admit(self._place(operation, request)) as room:
            body = await self._body(operation, request, room)
            is_large = len(body) > _SMALL_BODY_BYTES
            asked = (operation, request, path_values, body)
            taken = await USUAL.run(_taken, *asked) if is_large else _taken(*asked)
            arguments, ignored = taken
            if project_id is not None and operation.method != "DELETE":
                await self._enter(project_id, key, now)
            deps = self._service.deps
            asked_by = (request, path_values, now, key, ignored, is_large)
            call = Call(self._service, deps, operation, *asked_by)
            response = await _handled(endpoint, call, arguments)
        if isinstance(response, ListResponse):
            held.enter_context(limits.lists.slot())
        return response

    def _place(self, operation: Operation, request: Request) -> Capacity | None:
        if operation.operation_id in UNLIMITED:
            return None
        limits = self._service.limits
        return limits.waiting if _may_wait(operation, request) else limits.working

    async def _body(self, operation: Operation, request: Request, room: BodyReservation) -> bytes:
        if operation.body is None:
            return b""
        return await read_body(request, self._service.settings, room)

    async def _enter(self, project_id: str, key: ApiKey | None, now: datetime) -> None:
        deps = self._service.deps
        if key is not None and not projects.exists(deps, project_id):
            await USUAL.run(projects.enter, deps, key, project_id, now=now)


def _taken(
    operation: Operation, request: Request, path_values: Mapping[str, str], body: bytes
) -> tuple[dict[str, Any], Ignored]:
    arguments = arguments_of(operation, request, path_values, body)
    return arguments, Ignored.of(operation, request, body)


def _may_wait(operation: Operation, request: Request) -> bool:
    """
    Say whether a request asks to be held until something has happened.
    """
    return (
        operation.method == "GET"
        and "prefer" in request.headers
        and any(parameter.name == "Prefer" for parameter in operation.parameters)
    )


async def _handled(endpoint: Endpoint, call: Call, arguments: Mapping[str, Any]) -> Response:
    if not endpoint.is_async:
        return await USUAL.run(_handled_on_thread, endpoint, call, arguments)
    return response_of(call, await endpoint.handler(call, **arguments))  # type: ignore[misc]  # a coroutine function, as `is_async` says


def _handled_on_thread(endpoint: Endpoint, call: Call, arguments: Mapping[str, Any]) -> Response:
    return response_of(call, endpoint.handler(call, **arguments))
