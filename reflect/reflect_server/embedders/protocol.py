"""
What the service asks of an embedder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reflect_server.errors import ReflectServerError


class EmbedderError(ReflectServerError):
    """
    The embedder cannot do its work, for example because its weights are not installed.
    """

    code = "embedder_unavailable"


class Embedder(Protocol):
    """
    Turns texts into unit vectors. Safe to call from any thread.
    """

    @property
    def name(self) -> str:
        """
        The name that vectors are stored under; vectors of different names are never compared.
        """
        ...

    @property
    def dimensions(self) -> int:
        """
        The length of each vector; may have to ask or to load a model.

        Raises:
            EmbedderError: The embedder cannot do its work.
            ProviderUnavailableError: The service that it asks does not work at present.
        """
        ...

    @property
    def is_quick(self) -> bool:
        """
        Whether a task is embedded within a millisecond or so, once the embedder has its model.
        """
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each.

        Args:
            texts: The texts, of any length; each embedder documents how much of a long text it
                reads.

        Returns:
            Vectors of length 1, shape (texts, dimensions). A text in which the embedder knows
            nothing, such as an empty one, is a row of zeros: its similarity to anything is 0.

        Raises:
            EmbedderError: The embedder cannot do its work.
            ProviderUnavailableError: The service that it asks does not work at present.
        """
        ...
