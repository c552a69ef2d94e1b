from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.embedders.local import MAX_CHARACTERS, LocalEmbedder
from reflect_server.embedders.protocol import Embedder, EmbedderError

embedder: Embedder = LocalEmbedder()


def similarity(one: str, other: str) -> float:
    first, second = embedder.embed([one, other])
    return float(first @ second)


def test_related_texts_are_closer_than_unrelated_ones():
    question = "How do I reset my password?"
    assert similarity(question, "How can I change my password") > 0.6
    assert similarity(question, "How can I change my password") > similarity(
        question, "Which flights leave Boston tomorrow?"
    )


def test_vectors_are_unit_rows_of_the_documented_shape():
    vectors = embedder.embed(["total revenue per customer", "日本語 🎉", "SELECT * FROM t"])
    assert vectors.shape == (3, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_case_and_white_space_do_not_count():
    assert similarity("Reset my password", " RESET\n\nmy   Password ") == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_a_text_without_words_is_similar_to_nothing(text: str):
    assert not embedder.embed([text]).any()
    assert similarity(text, "password") == 0.0


def test_no_texts_give_no_rows():
    assert embedder.embed([]).shape == (0, 256)


def test_of_a_long_text_only_the_beginning_is_read():
    head = "reset the password of the account " * 1_000
    long = head[:MAX_CHARACTERS] + "flights to Boston " * 50_000
    assert similarity(long, head[:MAX_CHARACTERS]) == pytest.approx(1.0)


@given(st.text(st.characters(), max_size=60), st.text(max_size=60))
def test_any_text_gives_the_same_finite_vector_alone_and_in_company(text: str, other: str):
    alone = embedder.embed([text])[0]
    assert np.isfinite(alone).all()
    assert np.array_equal(embedder.embed([other, text])[1], alone)


def test_a_lone_surrogate_does_not_fail():
    assert np.isfinite(embedder.embed(["broken \ud800 text"])).all()


def test_threads_that_meet_at_the_first_use_share_one_result():
    fresh = LocalEmbedder()
    texts = [f"order number {number}" for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: fresh.embed([text])[0], texts))
    assert np.array_equal(np.array(together), embedder.embed(texts))


def test_embedding_leaves_the_root_logger_alone():
    code = (
        "import logging; root = logging.getLogger(); before = (root.level, root.handlers[:])\n"
        "from reflect_server.embedders.local import LocalEmbedder\n"
        "LocalEmbedder().embed(['text'])\n"
        "assert (root.level, root.handlers) == before, root.handlers"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_weights_are_explained(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EmbedderError, match="pip install"):
        LocalEmbedder().embed(["text"])
