"""
The end of a client, and copies of it.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from pathlib import Path

import httpx
import pytest

from reflect_sdk import ClientClosedError, InvalidArgumentError, ReflectClient

from .scripted import Answer, Asked, Scripted


def test_closing_lets_calls_under_way_end_well_and_refuses_new_ones(service: Scripted):
    arrived, go_on = threading.Event(), threading.Event()

    def hold(_: Asked) -> Answer:
        arrived.set()
        go_on.wait(20)
        return Answer(body=[])

    service.always = hold
    client = ReflectClient(base_url=service.url, api_key="k")
    found: list[object] = []
    caller = threading.Thread(target=lambda: found.append(client.query_memories("Count")))
    closer = threading.Thread(target=client.close)
    caller.start()
    arrived.wait(20)
    closer.start()
    while True:
        try:
            client.health()
        except ClientClosedError:
            break
    assert closer.is_alive()
    go_on.set()
    caller.join()
    closer.join()
    assert found == [[]]


def test_a_closed_client_says_what_to_do(service: Scripted):
    client = ReflectClient(base_url=service.url, api_key="k")
    other = client.with_options(timeout=5)
    other.close()
    client.close()
    for closed in (client, other):
        with pytest.raises(ClientClosedError, match="Make another ReflectClient"):
            closed.query_memories("Count")
        with pytest.raises(ClientClosedError):
            asyncio.run(closed.query_memories_async("Count"))
    assert service.asked == []


def test_a_call_that_begins_as_the_client_is_closed_is_refused(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
):
    client = ReflectClient(base_url=service.url, api_key="k")
    pool = client._pool
    monkeypatch.setattr(pool, "require_open", lambda: None)
    request = client.api.get_httpx_client().build_request("GET", service.url)
    monkeypatch.undo()
    client.close()
    with pytest.raises(ClientClosedError):
        client.api.get_httpx_client().send(request)
    with pytest.raises(ClientClosedError):
        asyncio.run(client.api.get_async_httpx_client().send(request))


class Own(ReflectClient):
    """
    A client of somebody's own.
    """

    tenant = ""


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_copy_is_a_client_of_the_same_settings(service: Scripted, tmp_path: Path, way: object):
    service.always = lambda _: Answer(body=[])
    with Own(
        base_url=service.url,
        api_key="topsecret",
        project_id="p",
        timeout=httpx.Timeout(7),
        max_retries=1,
        spool_dir=tmp_path,
        background=False,
        lookup_timeout=1.5,
        on_undelivered=print,
    ) as client:
        client.tenant = "acme"
        made = way(client)  # type: ignore[operator]  # one of three functions
    assert type(made) is Own
    assert made._settings == client._settings
    assert made.tenant == "acme"
    with made:
        assert made.query_memories("Count") == []
    assert service.asked[0].headers["Authorization"] == "Bearer topsecret"


def test_a_client_with_given_connections_cannot_be_copied(service: Scripted):
    with httpx.Client() as http:
        client = ReflectClient(base_url=service.url, api_key="k", http_client=http)
        with pytest.raises(InvalidArgumentError, match="cannot be copied"):
            pickle.dumps(client)
