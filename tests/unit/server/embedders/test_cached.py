from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from reflect_server.embedders.cached import MOST_REMEMBERED, CachedEmbedder
from reflect_server.embedders.local import LocalEmbedder
from reflect_server.embedders.protocol import EmbedderError


class CountingEmbedder(LocalEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.is_down = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.is_down:
            raise EmbedderError("It is down.")
        self.asked.extend(texts)
        return super().embed(texts)


def test_a_task_is_embedded_once_however_often_it_is_asked_for():
    counting = CountingEmbedder()
    embedder = CachedEmbedder(counting)

    first = embedder.embed(["Count the orders"])
    counting.is_down = True

    assert np.array_equal(embedder.embed(["Count the orders"]), first)
    assert np.array_equal(first, LocalEmbedder().embed(["Count the orders"]))
    with pytest.raises(EmbedderError):
        embedder.embed(["Count the parcels"])


def test_what_is_remembered_cannot_be_spoilt_by_who_received_it():
    embedder = CachedEmbedder(LocalEmbedder())
    with pytest.raises(ValueError, match="read-only"):
        embedder.embed(["Count the orders"])[0][0] = 7.0


def test_the_task_that_was_not_asked_for_longest_is_forgotten():
    counting = CountingEmbedder()
    embedder = CachedEmbedder(counting)
    for number in range(MOST_REMEMBERED):
        embedder.embed([str(number)])

    embedder.embed(["0"])
    embedder.embed(["one more"])
    embedder.embed(["0"])
    embedder.embed(["1"])

    assert counting.asked[-2:] == ["one more", "1"]


def test_any_text_can_be_remembered_and_batches_are_passed_on():
    counting = CountingEmbedder()
    embedder = CachedEmbedder(counting)
    broken = "broken \ud800 text"
    assert np.array_equal(embedder.embed([broken]), embedder.embed([broken]))
    assert embedder.embed([]).shape == (0, 256)
    assert embedder.embed(["a", "b"]).shape == (2, 256)
    assert counting.asked == [broken, "a", "b"]


def test_threads_that_ask_at_once_get_the_same():
    embedder = CachedEmbedder(LocalEmbedder())
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: embedder.embed([str(number % 5)]), range(200)))
    for number, vectors in enumerate(found):
        assert np.array_equal(vectors, found[number % 5])
