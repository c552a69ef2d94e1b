"""
An embedder behind an endpoint that speaks OpenAI's API.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflect_server.embedders.protocol import EmbedderError
from reflect_server.providers.endpoint import ModelEndpoint, RequestRefusedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import CreateEmbeddingResponse

PREFIX = "openai:"
"""What the names of these embedders begin with, before the model's name."""

MAX_BYTES = 16_000
"""How much of a text is sent, in bytes of UTF-8: up to about 5,000 tokens."""

MAX_BATCH = 64
"""How many texts are sent at once."""


class EndpointEmbedder:
    """
    Has an embedding model behind any endpoint of OpenAI's embeddings make the vectors.

    Vectors are brought to length 1. The number of their dimensions is that of the first answer; an
    answer with another one later is refused, as its vectors could not be compared.

    Args:
        endpoint: The model.
    """

    is_quick = False

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._dimensions: int | None = None
        self.name = PREFIX + endpoint.model

    @property
    def dimensions(self) -> int:
        """
        The length of each vector; asks the endpoint where nothing was embedded yet.

        Raises:
            ProviderUnavailableError: The endpoint does not work at present.
            EmbedderError: The endpoint refuses, or answers something else than vectors.
        """
        if self._dimensions is None:
            self._vectors(["dimensions"])
        return self._dimensions or 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each; see `Embedder.embed`.

        Args:
            texts: The texts; of each, the first `MAX_BYTES` are sent.

        Returns:
            Unit vectors, shape (texts, dimensions); a row of zeros for a text of white space alone,
            which is not sent.

        Raises:
            ProviderUnavailableError: The endpoint does not work at present.
            EmbedderError: The endpoint refuses the texts, or answers something else than vectors.
        """
        readable = [_readable(text) for text in texts]
        rows = [row for row, text in enumerate(readable) if text]
        batches = [rows[start : start + MAX_BATCH] for start in range(0, len(rows), MAX_BATCH)]
        found = [self._vectors([readable[row] for row in batch]) for batch in batches]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for batch, part in zip(batches, found, strict=True):
            vectors[batch] = part
        return vectors

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        async def request(client: AsyncOpenAI) -> CreateEmbeddingResponse:
            return await client.embeddings.create(
                model=self._endpoint.model, input=texts, encoding_format="float"
            )

        try:
            answer = self._endpoint.call(request)
            entries = sorted(answer.data, key=lambda entry: entry.index)
            raw = np.array([entry.embedding for entry in entries], np.float64)
        except RequestRefusedError as error:
            raise EmbedderError(error.message) from None
        except (AttributeError, TypeError, ValueError):
            raise EmbedderError(self._unusable("something else than vectors")) from None
        is_table = raw.ndim == 2 and len(raw) == len(texts) and raw.size > 0
        if not is_table or not np.isfinite(raw).all():
            raise EmbedderError(self._unusable(f"numbers of the shape {raw.shape}"))
        with self._lock:
            self._dimensions = self._dimensions or raw.shape[1]
        if raw.shape[1] != self._dimensions:
            raise EmbedderError(
                self._unusable(f"{raw.shape[1]} dimensions where it had {self._dimensions} before")
                + " Start the server again if the model was changed."
            )
        norms = np.linalg.norm(raw, axis=1, keepdims=True)
        return (raw / np.where(norms > 0, norms, 1)).astype(np.float32)

    def _unusable(self, found: str) -> str:
        return (
            f"The embedding model {self._endpoint.model!r} answered with {found}; expected was one "
            "vector of finite numbers for each text."
        )


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore").strip()
