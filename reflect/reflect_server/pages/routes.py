"""
What is served beside the contract: the contract itself, a page of it, and metrics.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from reflect_contract import openapi_json
from reflect_server.http.credentials import FOR_METRICS
from reflect_server.http.doors import Door, Page, Slot
from reflect_server.http.service import Service
from reflect_server.observability.metrics import CONTENT_TYPE
from reflect_server.pages.contract import CONTENT_SECURITY_POLICY, api_page


def contract(service: Service) -> Response:
    """
    Return the contract as JSON.
    """
    del service
    return Response(openapi_json(), media_type="application/json")


def reference(service: Service) -> Response:
    """
    Return the contract as a page to read.
    """
    del service
    return Response(
        api_page(),
        media_type="text/html",
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


def entrance(service: Service) -> Response:
    """
    Lead whoever opens the server's address in a browser to the page of the contract.
    """
    del service
    return RedirectResponse("docs")


def metrics(service: Service) -> Response:
    """
    Return what the server has counted, for Prometheus.
    """
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


DOOR = Door(
    room="pages",
    pages={
        "/": Page(entrance),
        "/openapi.json": Page(contract),
        "/docs": Page(reference),
        "/metrics": Page(metrics, credentials=(FOR_METRICS,), slot=Slot.SCRAPE),
    },
)
"""The pages."""
