import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from reflect_server.http import list_response
from reflect_server.http.list_response import ListResponse


def test_a_reader_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(list_response, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(list_response, "_SLOWEST", 1_000_000)

    async def forever() -> None:
        await asyncio.Event().wait()

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("Nothing is left to be received.")

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await forever()

    response = ListResponse(iter([b"[", b"]"]), forever, 200, {})
    with pytest.raises(TimeoutError):
        asyncio.run(response({}, receive, send))
    assert not response.is_complete
