from __future__ import annotations

from collections.abc import Iterator

import pytest

from reflect_sdk import ReflectClient

from .scripted import Scripted, scripted_server


@pytest.fixture
def service() -> Iterator[Scripted]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def client(service: Scripted) -> Iterator[ReflectClient]:
    """
    A client that delivers at once, so that a test sees what a block has sent when it has ended.
    """
    with ReflectClient(
        base_url=service.url, api_key="rf_live_abc_topsecret", background=False
    ) as made:
        yield made


@pytest.fixture(params=["", "_async"])
def world(request: pytest.FixtureRequest) -> str:
    return str(request.param)
