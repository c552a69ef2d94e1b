"""
Inner products of one vector with many, on all processors where there are enough of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

LEAST_SHARED = 50_000
"""From so many rows on, more than one thread takes part; a core takes some 2 ms for them."""

_PART = 8_192


class Products:
    """
    Computes products. Safe to use from any thread.

    The calling thread takes part after part, and helping threads take others meanwhile. Where they
    get no processor, since the machine is busy, the calling thread does all of it and waits for
    nobody; the threads of BLAS, in contrast, wait for each other.

    Args:
        processors: How many threads take part at most; None for as many as there are processors.
    """

    def __init__(self, processors: int | None = None) -> None:
        self._helpers = (processors or os.cpu_count() or 1) - 1
        self._pool = ThreadPoolExecutor(max(1, self._helpers), thread_name_prefix="reflect-scan")

    def inner_products_while(
        self, vectors: NDArray[np.float32], query: NDArray[np.float32], other: Callable[[], T]
    ) -> tuple[NDArray[np.float32], T]:
        """
        Return the inner product of each vector with a query, and do something else on this thread
        while others begin with the products.

        Args:
            vectors: The vectors as rows, shape (rows, dimensions).
            query: The query, shape (dimensions,).
            other: The other work.

        Returns:
            The products, shape (rows,), and what the other work returned.
        """
        if len(vectors) < LEAST_SHARED:
            return vectors @ query, other()
        products = np.empty(len(vectors), np.float32)

        def work(start: int) -> None:
            part = slice(start, start + _PART)
            np.matmul(vectors[part], query, out=products[part])

        return products, self.share(work, range(0, len(vectors), _PART), other)

    def share(self, work: Callable[[int], None], parts: Iterable[int], other: Callable[[], T]) -> T:
        """
        Do parts of some work on all threads, and something else on this one first.

        Args:
            work: Does one part. Threads gain by it where it lets go of Python's lock.
            parts: What `work` is called with, each once.
            other: The other work.

        Returns:
            What the other work returned.
        """
        left = iter(parts)

        def work_through() -> None:
            for part in left:
                work(part)

        helping = [self._pool.submit(work_through) for _ in range(self._helpers)]
        result = other()
        work_through()
        for helper in helping:
            if not helper.cancel():
                helper.result()
        return result
