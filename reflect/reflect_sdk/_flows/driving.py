"""
How the calls and pauses of flows are performed, in both worlds.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import anyio
import httpx

from reflect_api import api as endpoints
from reflect_api import models
from reflect_api.client import Client
from reflect_sdk._flows.effects import Effect, Flow, Pause
from reflect_sdk._transport.drivers import run, run_async
from reflect_sdk._transport.retry import at_most

if TYPE_CHECKING:
    from reflect_sdk._transport.pool import Pool

T = TypeVar("T")


def drive(flow: Flow[T], api: Client) -> T:
    """
    Drive a flow with synchronous calls.
    """

    def perform(effect: Effect) -> object:
        if isinstance(effect, Pause):
            time.sleep(effect.seconds)
            return None
        with at_most(effect.seconds):
            return _endpoint(effect.endpoint).sync_detailed(client=api, **effect.arguments)

    return run(flow, perform)


async def drive_async(flow: Flow[T], api: Client) -> T:
    """
    Drive a flow with asynchronous calls.
    """

    async def perform(effect: Effect) -> object:
        if isinstance(effect, Pause):
            await anyio.sleep(effect.seconds)
            return None
        with at_most(effect.seconds):
            return await _endpoint(effect.endpoint).asyncio_detailed(client=api, **effect.arguments)

    return await run_async(flow, perform)


def can_wait() -> bool:
    """
    Say whether the running code is part of a task of an event loop.
    """
    try:
        return bool(anyio.get_current_task())
    except (RuntimeError, AttributeError):  # None runs, or one without a task.
        return False


def connect(
    base_url: str,
    http_client: httpx.Client | None = None,
    async_http_client: httpx.AsyncClient | None = None,
) -> Pool:
    """
    Make a pool, after loading what calls need.

    So the first client pays for it: neither the import of this package, nor a first call, which may
    run on an event loop.

    Args:
        base_url: Address of the service.
        http_client: Sends the synchronous requests; one of its own where None.
        async_http_client: Sends the asynchronous requests; one for each event loop where None.
    """
    _load_what_calls_need()
    pool: Pool = importlib.import_module("reflect_sdk._transport.pool").Pool(
        base_url, http_client, async_http_client
    )
    return pool


@cache
def _load_what_calls_need() -> None:
    for package in (endpoints, models):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("anyio._backends._asyncio")


@cache
def _endpoint(name: str) -> ModuleType:
    return importlib.import_module(f"reflect_api.api.{name}")
