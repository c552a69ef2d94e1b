from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reflect_server.embedders.protocol import EmbedderError
from reflect_server.embedders.warm_up import WarmUp
from reflect_server.errors import ProviderUnavailableError, WarmingUpError

PATIENCE = 20.0


class Scripted:
    name = "scripted"
    dimensions = 1
    is_quick = False

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.may_load = threading.Event()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.may_load.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return np.ones((len(texts), 1), np.float32)


def hindrance_of(warm_up: WarmUp) -> str | None:
    try:
        warm_up.require_done()
    except (EmbedderError, WarmingUpError) as error:
        return error.message
    return None


def hindrance_in_the_end(error: Exception | None) -> str | None:
    embedder = Scripted(error)
    warm_up = WarmUp(embedder)
    at_first = hindrance_of(warm_up)
    assert at_first is not None
    assert "still loading" in at_first
    embedder.may_load.set()
    deadline = time.monotonic() + PATIENCE
    while (found := hindrance_of(warm_up)) == at_first:
        assert time.monotonic() < deadline
    return found


@pytest.mark.parametrize("error", [None, ProviderUnavailableError("Away.")])
def test_neither_a_loaded_model_nor_an_endpoint_that_is_away_holds_the_service_up(
    error: Exception | None,
) -> None:
    assert hindrance_in_the_end(error) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EmbedderError("Its weights are missing."), "Its weights are missing."),
        (RuntimeError("of no use here"), "failed with an unexpected RuntimeError"),
    ],
)
def test_why_a_model_cannot_be_loaded_is_told_rather_than_that_it_is_loading(
    error: Exception, words: str
) -> None:
    found = hindrance_in_the_end(error)
    assert found is not None
    assert words in found
