"""
The embedder of `sentence-transformers`, at the boundary of that package.

The package takes more than a gigabyte with its runtime and is not installed for the tests, so a
module of its name stands in for it here, with the one class and the one method that are used.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from reflect_server.embedders.protocol import Embedder, EmbedderError
from reflect_server.embedders.transformers import MAX_CHARACTERS, TransformerEmbedder
from reflect_server.errors import SettingsError

PACKAGE = """
import numpy

loaded = []
encoded = []

class SentenceTransformer:
    def __init__(self, name):
        loaded.append(name)
        self.name = name
        if name == "missing":
            raise OSError("no such model")

    def encode(self, texts, *, convert_to_numpy=True, show_progress_bar=True):
        encoded.extend(texts)
        if self.name == "broken":
            raise RuntimeError("out of memory")
        if any("\\0" in text for text in texts):
            raise RuntimeError("cannot read this")
        return numpy.array([[len(text), 2.0, 0.0] if text != "void" else [0, 0, 0]
                            for text in texts], numpy.float32)
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "sentence_transformers.py").write_text(PACKAGE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)
    yield
    sys.modules.pop("sentence_transformers", None)


def test_the_package_is_loaded_at_the_first_use_and_the_model_once():
    embedder: Embedder = TransformerEmbedder("mini")
    assert "sentence_transformers" not in sys.modules
    embedder.embed(["a"])
    assert embedder.dimensions == 3
    assert sys.modules["sentence_transformers"].loaded == ["mini"]
    assert embedder.name == "sentence-transformers:mini"


def test_texts_become_unit_vectors_and_blank_ones_zeros():
    found = TransformerEmbedder("mini").embed(["ab", "  ", "void", "x" * 10**6])
    assert found.dtype == np.float32
    assert found[0] == pytest.approx([2**-0.5, 2**-0.5, 0])
    assert not found[1:3].any()
    assert found[3][1] == pytest.approx(2 / MAX_CHARACTERS, rel=1e-4)


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [("missing", "a", "cannot be loaded .no such model"), ("mini", "\0", "failed .cannot read")],
)
def test_what_goes_wrong_in_the_package_is_told(model: str, text: str, words: str):
    with pytest.raises(EmbedderError, match=words):
        TransformerEmbedder(model).embed([text])


def test_the_dimensions_are_asked_for_once_and_trouble_with_that_is_told_too():
    embedder = TransformerEmbedder("mini")
    assert embedder.dimensions == embedder.dimensions == 3
    assert len(sys.modules["sentence_transformers"].encoded) == 1
    with pytest.raises(EmbedderError, match="out of memory"):
        _ = TransformerEmbedder("broken").dimensions


def test_without_the_package_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("reflect_server.embedders.transformers.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="pip install sentence-transformers"):
        TransformerEmbedder("mini")
