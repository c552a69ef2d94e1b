"""
What is served beside the contract: the contract itself, a page of it, and metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reflect_contract import openapi_json
from reflect_server.auth.keyring import bearer, is_token
from reflect_server.errors import ForbiddenError
from reflect_server.http.service import Service
from reflect_server.observability.metrics import CONTENT_TYPE
from reflect_server.pages.contract import CONTENT_SECURITY_POLICY, api_page

Page = Callable[[Service, Request], Response]
"""Answers a GET request. Runs on a thread."""


def contract(service: Service, request: Request) -> Response:
    """
    Return the contract as JSON.
    """
    del service, request
    return Response(openapi_json(), media_type="application/json")


def reference(service: Service, request: Request) -> Response:
    """
    Return the contract as a page to read.
    """
    del service, request
    return Response(
        api_page(),
        media_type="text/html",
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


def entrance(service: Service, request: Request) -> Response:
    """
    Lead whoever opens the server's address in a browser to the page of the contract.
    """
    del service, request
    return RedirectResponse("docs")


def metrics(service: Service, request: Request) -> Response:
    """
    Return what the server has counted, to whoever has the token for it or a master key.

    Raises:
        UnauthenticatedError: The request has no usable credential.
        ForbiddenError: Its key is that of one project, which must not see what others do.
    """
    given = bearer(request.headers.get("authorization"))
    token = service.settings.metrics_token
    if token is None or not is_token(given, token.get_secret_value()):
        store, keyring, now = service.deps.store, service.keyring, datetime.now(UTC)
        key = keyring.authenticate(store, given, now=now)
        if keyring.is_use_to_be_noted(key, now=now):
            keyring.note_use(store, key, now=now)
        if not key.is_master:
            raise ForbiddenError(
                "Metrics are those of all projects, and this key is for one. "
                "Send the token that is set in `REFLECT_METRICS_TOKEN`, or a master key."
            )
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


PAGES: Mapping[str, Page] = {
    "/": entrance,
    "/openapi.json": contract,
    "/docs": reference,
    "/metrics": metrics,
}
"""The pages by path."""
