"""
Routing: from a request's method and path to the operation of the contract, and its handler.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, KeysView, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from reflect_contract.operation import Operation
from reflect_server.api.arguments import python_name
from reflect_server.errors import InvalidRequestError, NotFoundError, ReflectServerError
from reflect_server.http.problems import MethodNotAllowedError
from reflect_server.use_cases.projects import UNREACHABLE

Handler = Callable[..., object]
"""
Answers one operation. Receives the `Call` by position, and by keyword each parameter of the
operation (`Idempotency-Key` as `idempotency_key`) and its `body`. A coroutine function runs on the
event loop, any other on a thread.
"""

_NO_TEXT = re.compile("[\ud800-\udfff]")
"""Stands in a decoded path for a byte that is no UTF-8."""


class WiringError(ReflectServerError):
    """
    The handlers are not those of the contract.
    """

    code = "wiring"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    An operation with its handler.

    Attributes:
        operation: What the contract says.
        handler: What answers.
        is_async: Whether the handler runs on the event loop.
    """

    operation: Operation
    handler: Handler
    is_async: bool


class Router:
    """
    Finds endpoints.

    Paths are matched segment by segment before they are decoded, so an id may hold any character,
    `/` included. Where several paths fit, the one with the fewest parameters is meant, as OpenAPI
    has it.

    Args:
        operations: The operations of the contract.
        handlers: A handler for each, by operation id.

    Raises:
        WiringError: An operation has no handler, a handler no operation, or a handler's parameters
            are not those of its operation.
    """

    def __init__(self, operations: Iterable[Operation], handlers: Mapping[str, Handler]) -> None:
        by_id = {operation.operation_id: operation for operation in operations}
        _require_pairs(by_id.keys(), handlers.keys())
        templates: dict[str, _Template] = {}
        for operation_id, operation in by_id.items():
            template = templates.setdefault(operation.path, _Template(operation.path))
            template.endpoints[operation.method] = _endpoint(operation, handlers[operation_id])
        self._templates: dict[int, list[_Template]] = {}
        for template in sorted(templates.values(), key=lambda template: len(template.parameters)):
            self._templates.setdefault(template.length, []).append(template)

    def find(self, method: str, raw_path: bytes) -> tuple[Endpoint, dict[str, str]]:
        """
        Return the endpoint for a request, and the values in its path.

        Args:
            method: The HTTP method; HEAD is answered like GET, and the HTTP server leaves out the
                body.
            raw_path: The path as it was sent, still percent-encoded.

        Raises:
            NotFoundError: No operation has this path.
            MethodNotAllowedError: The operations with this path have other methods.
            InvalidRequestError: A value in the path cannot be used.
        """
        segments = [_decoded(part) for part in raw_path.decode("latin-1").split("/")[1:]]
        wanted = "GET" if method == "HEAD" else method
        for template in self._templates.get(len(segments), ()):
            if not template.fits(segments):
                continue
            endpoints = template.endpoints
            if wanted in endpoints:
                return endpoints[wanted], _usable(template.values_in(segments))
            allowed = [*endpoints, *["HEAD"] * ("GET" in endpoints)]
            raise MethodNotAllowedError(
                f"The path {_shown(segments)} has no method {method}; it has {', '.join(allowed)}.",
                allowed=allowed,
            )
        raise NotFoundError(
            f"The service has nothing at the path {_shown(segments)}. Its operations are described "
            "at the path '/docs'."
        )


def _require_pairs(operations: KeysView[str], handlers: KeysView[str]) -> None:
    lacking, unused = sorted(operations - handlers), sorted(handlers - operations)
    if lacking:
        raise WiringError(
            f"The contract's operation {' and '.join(lacking)} has no handler. Write a function of "
            "this name in a module of `reflect_server/api/routes` and add it to its `HANDLERS`."
        )
    if unused:
        raise WiringError(
            f"The handler {' and '.join(unused)} answers no operation of the contract. Name it as "
            "the `operationId` in `openapi.yaml`, run `nox -s generate`, or remove it."
        )


def _endpoint(operation: Operation, handler: Handler) -> Endpoint:
    expected = {python_name(parameter) for parameter in operation.parameters}
    if operation.body is not None:
        expected.add("body")
    _, *given = inspect.signature(handler).parameters
    if set(given) != expected:
        raise WiringError(
            f"The handler {operation.operation_id} takes {', '.join(given) or 'nothing'}, and its "
            f"operation has {', '.join(sorted(expected)) or 'no parameters'}. Give it just these, "
            "as keyword arguments."
        )
    return Endpoint(operation, handler, inspect.iscoroutinefunction(handler))


class _Template:
    """
    A path of the contract: texts at some places of its segments, and parameters at the others.
    """

    def __init__(self, path: str) -> None:
        segments = path.split("/")[1:]
        self.length = len(segments)
        self.parameters = {p: s[1:-1] for p, s in enumerate(segments) if s.startswith("{")}
        self.endpoints: dict[str, Endpoint] = {}
        self._places = [p for p in range(self.length) if p not in self.parameters]
        self._texts = [segments[place] for place in self._places]

    def fits(self, segments: list[str]) -> bool:
        return [segments[place] for place in self._places] == self._texts

    def values_in(self, segments: list[str]) -> dict[str, str]:
        return {name: segments[place] for place, name in self.parameters.items()}


def _usable(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if value in UNREACHABLE or _NO_TEXT.search(value):
            found = repr(value) if value else "empty"
            raise InvalidRequestError(
                f"`{name}` in the path is {found}; it must be an id in UTF-8, percent-encoded, and "
                "neither empty nor `.` nor `..`.",
                field=name,
            )
    return values


def _decoded(segment: str) -> str:
    return unquote(segment, errors="surrogateescape")


def _shown(segments: list[str]) -> str:
    path = "/" + "/".join(segments)
    return repr(path if len(path) <= 200 else path[:200] + "…")
