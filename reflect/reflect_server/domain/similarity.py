"""
Similarity: the cosine of two texts' vectors, equal for equal texts wherever they are stored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIMILARITY_DECIMALS = 6
"""Precision of a similarity; beyond it lies the rounding noise of float32 dot products."""


def similarities(products: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Turn the products of unit vectors with a query's into similarities. Overwrites them.

    Args:
        products: The inner products, shape (memories,).

    Returns:
        The cosine similarities in [-1, 1], rounded to `SIMILARITY_DECIMALS`, shape (memories,).
        Rounding makes memories of one and the same task equally similar wherever they are stored.
    """
    products.round(SIMILARITY_DECIMALS, out=products)
    return products.clip(-1.0, 1.0, out=products)
