"""
Problem documents (RFC 9457): how every error of the service is answered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from starlette.responses import Response

from reflect_contract import models
from reflect_server.embedders.protocol import EmbedderError
from reflect_server.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    MalformedRequestError,
    NotFoundError,
    OverloadedError,
    ProviderUnavailableError,
    RateLimitedError,
    ReflectServerError,
    RequestTooLargeError,
    ShutdownError,
    SlowRequestError,
    StoreError,
    UnauthenticatedError,
    WarmingUpError,
)
from reflect_server.http.validation import Fault

MEDIA_TYPE = "application/problem+json"

_STATUSES: Mapping[type[ReflectServerError], HTTPStatus] = {
    MalformedRequestError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    EmbedderError: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ShutdownError: HTTPStatus.SERVICE_UNAVAILABLE,
    WarmingUpError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"Connection": "close"},
}
_CODES = frozenset(code.value for code in models.ProblemCode)


class MethodNotAllowedError(ReflectServerError):
    """
    The path exists, but not for this method.

    Args:
        message: What was found and what would be right.
        allowed: The methods that the path has.
    """

    code: ClassVar[str] = "method_not_allowed"

    def __init__(self, message: str, *, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = allowed


class InvalidValuesError(InvalidRequestError):
    """
    Values of the request do not fit the contract.

    Args:
        faults: What is wrong, at least one.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults), field=faults[0].field)
        self.faults = faults


def problem_response(error: Exception, *, instance: str, request_id: str) -> Response:
    """
    Answer with an error.

    An error that the service did not raise on purpose becomes a 500 that tells nothing of it.

    Args:
        error: What happened.
        instance: The path of the request.
        request_id: The value of `X-Request-Id`.
    """
    status = _status_of(error)
    problem = models.Problem(
        type="about:blank",
        title=_TITLES.get(status, status.phrase),
        status=status.value,
        detail=_detail_of(error, status),
        code=models.ProblemCode(_code_of(error, status)),
        instance=instance,
        request_id=request_id,
        errors=_field_problems(error) or msgspec.UNSET,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status.value,
        headers=_headers_of(error, status),
        media_type=MEDIA_TYPE,
    )


def _status_of(error: Exception) -> HTTPStatus:
    if isinstance(error, MethodNotAllowedError):
        return HTTPStatus.METHOD_NOT_ALLOWED
    for kind in type(error).__mro__:
        if kind in _STATUSES:
            return _STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _code_of(error: Exception, status: HTTPStatus) -> str:
    if status is HTTPStatus.SERVICE_UNAVAILABLE and not isinstance(error, WarmingUpError):
        return "unavailable"
    code = getattr(error, "code", "")
    known = isinstance(error, ReflectServerError) and code in _CODES
    return code if known else "internal_error"


def _detail_of(error: Exception, status: HTTPStatus) -> str:
    if isinstance(error, ReflectServerError) and status is not HTTPStatus.INTERNAL_SERVER_ERROR:
        return error.message
    return (
        "The service failed while it worked on this request. Its log says more under the "
        "request's id; report that with it if it happens again."
    )


def _field_problems(error: Exception) -> list[models.FieldProblem]:
    if isinstance(error, InvalidValuesError):
        return [
            models.FieldProblem(field=fault.field, message=fault.message) for fault in error.faults
        ]
    if isinstance(error, InvalidRequestError) and error.field:
        return [models.FieldProblem(field=error.field, message=error.message)]
    return []


def _headers_of(error: Exception, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowedError):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, RateLimitedError | OverloadedError):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, ProviderUnavailableError) and error.retry_after:
        return {"Retry-After": str(math.ceil(error.retry_after))}
    if isinstance(error, WarmingUpError):
        return {"Retry-After": "1"}
    if isinstance(error, SlowRequestError):
        return {"Connection": "close"}
    return dict(_HEADERS.get(status, {}))
