from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from reflect_server.embedders.endpoint import MAX_BATCH, MAX_BYTES, EndpointEmbedder
from reflect_server.embedders.protocol import Embedder, EmbedderError
from reflect_server.errors import ProviderUnavailableError
from reflect_server.providers.endpoint import ModelEndpoint
from reflect_server.testing import running_server

from .scripted import Endpoint, Reply, endpoint, fails

KEY = "sk-a-very-secret-key"


def vector_of(text: str, dimensions: int = 8) -> list[float]:
    digest = hashlib.blake2b(text.encode(), digest_size=dimensions).digest()
    return [value - 127.5 for value in digest]


def vectors(request: dict[str, Any], dimensions: int = 8) -> Reply:
    data = [
        {"object": "embedding", "index": index, "embedding": vector_of(text, dimensions)}
        for index, text in enumerate(request["input"])
    ]
    return Reply(body={"object": "list", "model": "m", "data": data[::-1]})


@contextmanager
def embedder(act: Callable[[dict[str, Any]], Reply | None]) -> Iterator[tuple[Embedder, Endpoint]]:
    with (
        endpoint(act) as server,
        closing(
            ModelEndpoint(
                "small",
                base_url=server.url,
                api_key=SecretStr(KEY),
                timeout=20,
                setting="REFLECT_EMBEDDER",
            )
        ) as connection,
    ):
        yield EndpointEmbedder(connection), server


def test_a_slow_endpoint_holds_up_nothing_that_does_not_need_it(
    until_ready: Callable[[str], None],
):
    arrived, going_on = threading.Semaphore(0), threading.Event()

    def act(request: dict[str, Any]) -> Reply:
        if request["input"][0].startswith("query"):
            arrived.release()
            going_on.wait(60)
        return vectors(request)

    with ExitStack() as closing:
        server = closing.enter_context(endpoint(act))
        env = {"REFLECT_EMBEDDER": "openai:small", "REFLECT_EMBEDDER_BASE_URL": server.url}
        running = closing.enter_context(
            running_server(env={**env, "REFLECT_EMBEDDER_TIMEOUT": "60"})
        )
        http = closing.enter_context(
            httpx.Client(
                base_url=running.base_url,
                headers={"Authorization": f"Bearer {running.api_key}"},
                timeout=15,
            )
        )
        until_ready(running.base_url)
        threads = closing.enter_context(ThreadPoolExecutor(50))
        closing.callback(going_on.set)

        def ask(number: int) -> int:
            body = {"task": f"query {number}"}
            return http.post("/v1/projects/p/memory/query", json=body, timeout=60).status_code

        asked = [threads.submit(ask, number) for number in range(50)]
        for _ in range(40):
            assert arrived.acquire(timeout=30)

        assert http.get("/ready").status_code == 200
        assert http.get("/v1/projects/p/traces").status_code == 200
        going_on.set()
        assert {answer.result() for answer in asked} == {200}


def test_texts_become_unit_vectors_in_their_order():
    with embedder(vectors) as (made, server):
        found = made.embed(["one", "two", "one"])
        assert (made.name, made.dimensions) == ("openai:small", 8)

    expected = np.array([vector_of(text) for text in ("one", "two", "one")])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-6)
    assert server.requests[0]["model"] == "small"
    assert server.keys == [f"Bearer {KEY}"]


def test_dimensions_are_asked_for_where_nothing_was_embedded_yet():
    with embedder(vectors) as (made, server):
        assert made.dimensions == 8
        assert made.dimensions == 8
        assert made.embed([]).shape == (0, 8)
    assert len(server.requests) == 1


def test_blank_texts_are_zeros_and_never_sent():
    with embedder(vectors) as (made, server):
        found = made.embed(["", " \n", "one"])
    assert not found[:2].any()
    assert np.linalg.norm(found[2]) == pytest.approx(1)
    assert server.requests[0]["input"] == ["one"]


def test_many_texts_are_sent_in_batches_and_long_ones_cut_between_characters():
    texts = ["é" * 20_000, *(f"text {number}" for number in range(MAX_BATCH))]
    with embedder(vectors) as (made, server):
        assert made.embed(texts).shape == (len(texts), 8)
    assert [len(request["input"]) for request in server.requests] == [64, 1]
    assert server.requests[0]["input"][0] == "é" * (MAX_BYTES // 2)


def test_half_a_surrogate_pair_is_no_obstacle():
    with embedder(vectors) as (made, server):
        made.embed(["a\ud800b"])
    assert server.requests[0]["input"] == ["a?b"]


def test_an_answer_of_other_dimensions_is_refused():
    sizes = iter([8, 12])
    with embedder(lambda request: vectors(request, next(sizes))) as (made, _):
        made.embed(["one"])
        with pytest.raises(EmbedderError, match="12 dimensions where it had 8 before"):
            made.embed(["two"])


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body={"data": []}), "numbers of the shape"),
        (Reply(body={"data": [{"index": 0, "embedding": []}]}), "numbers of the shape"),
        (Reply(body={"data": [{"index": 0, "embedding": ["x"]}]}), "something else"),
        (Reply(body={"data": [{"index": 0, "embedding": [None]}]}), "numbers of the shape"),
        (Reply(body=b'{"data": [{"index": 0, "embedding": [NaN]}]}'), "numbers of the shape"),
        (Reply(body={"nothing": 1}), "something else"),
        (Reply(body=b"<p>", headers={"Content-Type": "text/html"}), "something else"),
        (fails(400, "too many tokens"), "too many tokens"),
    ],
)
def test_what_is_no_vector_is_an_error(reply: Reply, words: str):
    with embedder(lambda _: reply) as (made, _), pytest.raises(EmbedderError, match=words):
        made.embed(["one"])


def test_trouble_of_the_endpoint_is_told_as_such():
    with (
        embedder(lambda _: fails(401, f"Bad {KEY}")) as (made, _),
        pytest.raises(ProviderUnavailableError, match=re.escape("`REFLECT_EMBEDDER_API_KEY`")),
    ):
        made.embed(["one"])
