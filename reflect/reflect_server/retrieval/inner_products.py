"""
A parallel scan: inner products of one vector with many, on all processors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

LEAST_SHARED = 50_000
"""From so many rows on, more than one thread takes part; a core takes some 2 ms for them."""

_PART = 8_192


class Scan:
    """
    Some work in parts, which helping threads have begun and the calling thread finishes.

    Args:
        work: Does one part. Threads gain by it where it releases Python's lock.
        parts: What `work` is still called with.
        helping: The helping threads' shares of it.
    """

    def __init__(
        self, work: Callable[[int], None], parts: Iterator[int], helping: Sequence[Future[None]]
    ) -> None:
        self._work, self._parts, self._helping = work, parts, helping

    def finish(self) -> None:
        """
        Do on this thread whatever parts are left, and return when all have been done.
        """
        _work_through(self._work, self._parts)
        for helper in self._helping:
            if not helper.cancel():
                helper.result()


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

    def inner_products(
        self, vectors: NDArray[np.float32], query: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Scan]:
        """
        Begin with the inner product of each vector with a query.

        Args:
            vectors: The vectors as rows, shape (rows, dimensions).
            query: The query, shape (dimensions,).

        Returns:
            The products, shape (rows,), and the scan; they are whole once it is finished.
        """
        products = np.empty(len(vectors), np.float32)

        def work(start: int) -> None:
            part = slice(start, start + _PART)
            np.matmul(vectors[part], query, out=products[part])

        return products, self.begin(work, range(0, len(vectors), _PART), rows=len(vectors))

    def begin(self, work: Callable[[int], None], parts: Iterable[int], *, rows: int) -> Scan:
        """
        Let helping threads begin with some work, so that the calling thread can do other work
        before it takes part.

        Args:
            work: Does one part; see `Scan`.
            parts: What `work` is called with, each once.
            rows: How many rows the parts have together: for fewer than `LEAST_SHARED` nobody helps.
        """
        left = iter(parts)
        helpers = self._helpers if rows >= LEAST_SHARED else 0
        helping = [self._pool.submit(_work_through, work, left) for _ in range(helpers)]
        return Scan(work, left, helping)


def _work_through(work: Callable[[int], None], parts: Iterator[int]) -> None:
    for part in parts:
        work(part)
