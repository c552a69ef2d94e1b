"""
A cache of embeddings, in front of another embedder.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reflect_server.embedders.protocol import Embedder

MOST_REMEMBERED = 1_024
"""How many vectors are remembered, which takes 1 MB with the local embedder."""


class CachedEmbedder:
    """
    Caches the vectors of another embedder by text.

    A run asks for memories by its task, and its own memory is kept under the same task: without
    this an endpoint would be asked, and paid, twice. Batches are passed on as they are.

    Args:
        embedder: Makes the vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()
        self.name = embedder.name
        self.is_quick = embedder.is_quick

    @property
    def dimensions(self) -> int:
        """
        The length of each vector; may have to ask the embedder.

        Raises:
            EmbedderError: As from the embedder.
            ProviderUnavailableError: As from the embedder.
        """
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each; see `Embedder.embed`.

        Args:
            texts: The texts.

        Returns:
            The vectors, shape (texts, dimensions); not to be written to.

        Raises:
            EmbedderError: As from the embedder.
            ProviderUnavailableError: As from the embedder.
        """
        if len(texts) != 1:
            return self._embedder.embed(texts)
        text = texts[0].encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(text, digest_size=16).digest()
        with self._lock:
            vectors = self._vectors.get(key)
            if vectors is not None:
                self._vectors.move_to_end(key)
                return vectors
        vectors = self._embedder.embed(texts)
        vectors.flags.writeable = False
        with self._lock:
            self._vectors[key] = vectors
            if len(self._vectors) > MOST_REMEMBERED:
                self._vectors.popitem(last=False)
        return vectors
