"""
Stands in for the package `sentence-transformers` in a server: vectors come out of a file.

`report.py --vectors` puts this folder on the server's path, so that its own embedder for such
models runs on the vectors that `embed.py` has made with the real package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SentenceTransformer:
    """
    A model whose vectors are in a file.

    Args:
        path: The file that `embed.py` has written.
    """

    def __init__(self, path: str) -> None:
        with np.load(path) as file:
            self._vectors: NDArray[np.float32] = file["vectors"]
            self._rows = {str(text): row for row, text in enumerate(file["texts"])}

    def encode(self, texts: Sequence[str], **options: Any) -> NDArray[np.float32]:  # noqa: ARG002 - As the package has it.
        """
        Return the vectors of texts.

        Raises:
            LookupError: A text is not in the file.
        """
        missing = [text for text in texts if text not in self._rows]
        if missing:
            raise LookupError(f"no vector for {missing[0][:80]!r}; run embed.py over its data set")
        return self._vectors[[self._rows[text] for text in texts]]
