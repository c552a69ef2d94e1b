"""
An embedder that runs a model of the `sentence-transformers` package in this process.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflect_server.embedders.protocol import EmbedderError
from reflect_server.errors import MissingExtraError

PREFIX = "sentence-transformers:"
"""What the names of these embedders begin with, before the model's name."""

MAX_CHARACTERS = 16_384
"""How much of a text is given to the model, which reads as much of it as it can."""

_PACKAGE = "sentence_transformers"


class TransformerEmbedder:
    """
    Runs a model of `sentence-transformers`, which is not installed with this package.

    The model is loaded at the first use, which takes seconds, and runs on one text or batch at a
    time.

    Args:
        model: The model's name, or the folder that it was saved to.

    Raises:
        MissingExtraError: The package is not installed.
    """

    is_quick = False

    def __init__(self, model: str) -> None:
        if find_spec(_PACKAGE) is None:
            raise MissingExtraError(
                "sentence-transformers",
                None,
                needed_for=f"The embedder {PREFIX + model!r}",
                otherwise="choose another embedder with `REFLECT_EMBEDDER`",
            )
        self.name = PREFIX + model
        self._model_name = model
        self._lock = threading.Lock()
        self._model: Any = None
        self._dimensions: int | None = None

    @property
    def dimensions(self) -> int:
        """
        The length of each vector; loads the model where it is not loaded yet.

        Raises:
            EmbedderError: The model cannot be loaded, or fails.
        """
        dimensions = self._dimensions
        if dimensions is None:
            dimensions = self._dimensions = int(self._encoded(["dimensions"]).shape[1])
        return dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each; see `Embedder.embed`.

        Args:
            texts: The texts; of each, the first `MAX_CHARACTERS` are given to the model.

        Returns:
            Unit vectors, shape (texts, dimensions); a row of zeros for a text of white space alone.

        Raises:
            EmbedderError: The model cannot be loaded, or fails on the texts.
        """
        readable = [text.encode("utf-8", "replace").decode()[:MAX_CHARACTERS] for text in texts]
        vectors = self._encoded(readable)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        blank = np.array([[not text.strip()] for text in readable])
        return np.where(
            blank | (norms == 0), np.float32(0), vectors / np.where(norms > 0, norms, 1)
        )

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            model = self._loaded()
            try:
                raw = model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
            except Exception as error:  # whatever the model's code raises
                raise EmbedderError(
                    f"The embedding model {self._model_name!r} failed ({error})."
                ) from error
        return np.asarray(raw, np.float32)

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                self._model = import_module(_PACKAGE).SentenceTransformer(self._model_name)
            except Exception as error:  # a model can be missing or broken in any way
                raise EmbedderError(
                    f"The embedding model {self._model_name!r} cannot be loaded ({error}). Name a "
                    "model that `sentence-transformers` finds, or a folder with one."
                ) from error
        return self._model
