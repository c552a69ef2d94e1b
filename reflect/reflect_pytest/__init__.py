"""
Fixtures for pytest, which finds them by itself where this distribution is installed.

They stand outside of `reflect_sdk`, as every session of pytest loads them, and that package only
where a test asks for one.

    def test_my_agent(reflect_client):
        with reflect_client.trace("Refund order 7") as ctx:
            ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reflect_sdk import ReflectClient
    from reflect_sdk.testing import FakeReflect


@pytest.fixture
def fake_reflect() -> FakeReflect:
    """
    A service in memory of this test's own, which ranks by shared words.
    """
    from reflect_sdk.testing import FakeReflect  # noqa: PLC0415 - see above

    return FakeReflect()


@pytest.fixture
def reflect_client(fake_reflect: FakeReflect) -> Iterator[ReflectClient]:
    """
    A client of `fake_reflect`, with the master key and the project `default`.
    """
    with fake_reflect.client() as client:
        yield client
