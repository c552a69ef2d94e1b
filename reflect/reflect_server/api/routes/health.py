"""
Health and readiness. Answered on the event loop, so that they wait for no thread.
"""

from __future__ import annotations

from reflect_contract import models
from reflect_server.api.call import Call


async def health(call: Call) -> models.HealthResponse:  # noqa: ARG001 - as every handler
    """
    Say that requests are answered.
    """
    return {"status": "ok"}


async def readiness(call: Call) -> models.ReadinessResponse:
    """
    Say that the service can do its work, or fail.
    """
    call.service.require_ready()
    return models.ReadinessResponse(status="ready")


HANDLERS = (health, readiness)
