"""
How a client sends what its flows ask for, and what it loads before it sends anything.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from reflect_api import api as operations
from reflect_api import models
from reflect_api.client import Client
from reflect_sdk._settings import Settings
from reflect_sdk._transport.effects import Send, at_most

if TYPE_CHECKING:
    from reflect_api.operation import OperationRequest
    from reflect_api.types import Response
    from reflect_sdk._transport.pool import Pool


def send(api: Client, effect: Send[OperationRequest[Any, Any]]) -> Response[Any]:
    """
    Send the request of an operation with a generated client, in the time that the flow gives it.
    """
    with at_most(effect.seconds):
        return api.perform(effect.request)


async def send_async(api: Client, effect: Send[OperationRequest[Any, Any]]) -> Response[Any]:
    """
    Do what `send` does, asynchronously.
    """
    with at_most(effect.seconds):
        return await api.aperform(effect.request)


def connect(
    settings: Settings,
    http_client: httpx.Client | None = None,
    async_http_client: httpx.AsyncClient | None = None,
) -> Pool:
    """
    Make a pool, after loading what calls need.

    So the first client pays for it: neither the import of this package, nor a first call, which may
    run on an event loop.

    Args:
        settings: Where the service is, and how connections lead there.
        http_client: Sends the synchronous requests; one of its own where None.
        async_http_client: Sends the asynchronous requests; one for each event loop where None.
    """
    _load_what_calls_need()
    pool: Pool = importlib.import_module("reflect_sdk._transport.pool").Pool(
        settings, http_client, async_http_client
    )
    return pool


@cache
def _load_what_calls_need() -> None:
    for package in (operations, models):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("anyio._backends._asyncio")
