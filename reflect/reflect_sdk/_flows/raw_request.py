"""
A request that the contract need not know, with all the care that the others get.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from reflect_api.errors import InvalidArgumentError
from reflect_api.operation import Operation, OperationRequest
from reflect_sdk._flows.exchange import respond
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.api_response import APIResponse

_METHOD = re.compile(r"[A-Za-z]+")
_ANY: Operation[None, None] = Operation(
    lambda _response, _strict: None, lambda _status: True, secured=True
)


def raw_request(
    method: str,
    path: str,
    *,
    params: Mapping[str, str | float | Sequence[str]] | None,
    json: object,
    headers: Mapping[str, str] | None,
) -> Flow[APIResponse]:
    """
    Send a request to the service, and return the answer as it came.

    Raises:
        InvalidArgumentError: If it would go elsewhere, or with another credential.
    """
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise InvalidArgumentError(f"method must be one of HTTP, such as GET, found {method!r}.")
    if any(name.lower() == "authorization" for name in headers or ()):
        raise InvalidArgumentError(
            "headers must not hold a credential. Use `with_options(api_key=…)` for another one."
        )
    arguments: dict[str, Any] = {
        "method": method.upper(),
        "url": _checked_path(path),
        "params": params,
        "headers": dict(headers or {}),
    }
    if json is not None:
        arguments["json"] = json
    response = yield from respond(OperationRequest(_ANY, arguments))
    return APIResponse(
        status_code=response.status_code,
        headers=httpx.Headers(response.headers),
        content=response.content,
        method=response.method,
        url=response.url,
    )


def _checked_path(path: str) -> str:
    try:
        whole = isinstance(path, str) and httpx.URL(path).path.startswith("/")
    except httpx.InvalidURL:
        whole = False
    if not whole or not path.startswith("/") or path.startswith("//"):
        raise InvalidArgumentError(
            f"path must be one of the service that begins with one slash, such as "
            f"/v1/projects/default/memories, found {path!r}."
        )
    return path
