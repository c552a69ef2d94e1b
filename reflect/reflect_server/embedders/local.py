"""
An embedder that needs no network and no model runtime: averaged token vectors of WordLlama.
"""

from __future__ import annotations

import importlib.util
import math
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from reflect_server.embedders.protocol import EmbedderError
from reflect_server.errors import MissingExtraError

MAX_CHARACTERS = 16_384
"""How much of a text is read: about 4,000 tokens, after which an average hardly moves."""

_PACKAGE = "wordllama"
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")
_WEIGHTS = Path("weights", "l2_supercat_256.safetensors")


class LocalEmbedder:
    """
    Adds up the 256-dimensional token vectors that the `wordllama` package ships.

    The package's two data files are read directly and its code is never imported: importing it
    would configure the root logger of the whole process, and its pooling pads every text of a batch
    to the longest. The vectors are the same to within 2e-8.

    Case and white space do not count. A text is read up to `MAX_CHARACTERS`. The files are loaded
    once, at the first use, in about 0.1 s.
    """

    name = "wordllama-256"
    dimensions = 256
    is_quick = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: tuple[Tokenizer, NDArray[np.float32]] | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each; see `Embedder.embed`.

        Args:
            texts: The texts; of each, the first `MAX_CHARACTERS` are read.

        Returns:
            Unit vectors, shape (texts, 256); a row of zeros for a text of white space alone.

        Raises:
            EmbedderError: The `wordllama` package or one of its files is missing or damaged.
        """
        tokenizer, weights = self._loaded()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            tokens = tokenizer.encode(_normalised(text), add_special_tokens=False).ids
            if tokens:
                total = weights[tokens].sum(axis=0)
                norm = math.sqrt(total.dot(total))
                if norm > 0.0:
                    vectors[row] = total / norm
        return vectors

    def _loaded(self) -> tuple[Tokenizer, NDArray[np.float32]]:
        with self._lock:
            if self._model is None:
                self._model = _load()
            return self._model


def _normalised(text: str) -> str:
    readable = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    return " ".join(readable.casefold().split())


def _load() -> tuple[Tokenizer, NDArray[np.float32]]:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        missing = MissingExtraError(_PACKAGE, "server", needed_for="The local embedder")
        raise EmbedderError(missing.message)
    folder = Path(spec.origin).parent
    try:
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        weights = load_file(folder / _WEIGHTS)["embedding.weight"]
    except Exception as error:  # tokenizers raises bare Exception where a file is missing or broken
        raise EmbedderError(
            f"The files of the local embedder in {folder} cannot be read ({error}); reinstall the "
            f"package `{_PACKAGE}` in a version from 0.4 to below 0.5."
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, np.ascontiguousarray(weights, dtype=np.float32)
