"""
Scalar quantization: vectors of one byte per dimension tell which need full precision.

Vectors are kept beside their float32 values as whole numbers from -127 to 127 times a scale. Their
inner products take a quarter of the memory's bandwidth, and tell the true ones to within a known
bound: with v = v' + e and q = q' + f, |v·q - v'·q'| is at most |e|·|q| + |v'|·|f| (Cauchy and
Schwarz). So nothing is approximate in what comes of it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

BLOCK = 8_192
"""How many vectors are packed together; fewer at the end are compared at full precision."""

NOISE = 1e-5
"""More than the rounding noise of float32 in a product of unit vectors."""

_LARGEST = 127
_CHECKED_STEP = 61


@cache
def _library() -> ModuleType | None:  # Loaded late, as few projects are so large.
    try:
        return importlib.import_module("numkong")
    except ImportError:  # Without it, all vectors are compared at full precision.
        return None


class _Codes(NamedTuple):
    numbers: NDArray[np.int8]
    scales: Vectors
    errors: Vectors


@dataclass(frozen=True, slots=True)
class QuantizedBlock:
    """
    Packs quantized vectors for inner products of whole numbers.

    Attributes:
        library: What packed them.
        packed: Their numbers.
        scales: What the numbers are multiplied by, shape (rows,).
        error: The length of what is lost of a vector at the most. One for all of them, as it takes
            fewer passes over them and lets few more be looked at: 54 of 10,000 rather than 45.
    """

    library: ModuleType
    packed: Any
    scales: Vectors
    error: float

    @property
    def nbytes(self) -> int:
        """
        How much memory it takes, in bytes.
        """
        return int(self.packed.nbytes) + self.scales.nbytes

    @staticmethod
    def of(vectors: Vectors) -> QuantizedBlock | None:
        """
        Pack vectors; None where there is no library for it, or where its products are wrong on this
        processor, which would lose memories silently.

        Args:
            vectors: Unit vectors as rows, shape (rows, dimensions).
        """
        library = _library()
        if library is None:
            return None
        numbers, scales, errors = _coded(vectors)
        packed = library.dots_pack(numbers)
        probe = np.arange(numbers.shape[1]) * 37 % (2 * _LARGEST + 1) - _LARGEST
        found = _products(library, probe[None].astype(np.int8), packed)[::_CHECKED_STEP]
        expected = numbers[::_CHECKED_STEP].astype(np.int64) @ probe
        if not np.array_equal(found, expected):
            return None
        return QuantizedBlock(library, packed, scales, float(errors.max()))


class QuantizedVectors:
    """
    Quantizes the first of a list of vectors, block by block. Never changes.

    Args:
        blocks: The vectors, `BLOCK` in each.
    """

    def __init__(self, blocks: tuple[QuantizedBlock, ...] = ()) -> None:
        self.blocks = blocks

    @property
    def covered(self) -> int:
        """
        How many vectors it covers.
        """
        return len(self.blocks) * BLOCK

    @property
    def nbytes(self) -> int:
        """
        How much memory it takes, in bytes.
        """
        return sum(block.nbytes for block in self.blocks)

    def extended(self, vectors: Vectors, most: int | None = None) -> QuantizedVectors:
        """
        Return a quantized that covers more of a list of vectors, as far as blocks are full.

        Args:
            vectors: All vectors as rows; those that are covered have not changed.
            most: How many blocks are added at the most, as each takes some 20 ms; None for all.
        """
        blocks = list(self.blocks)
        full = len(vectors) // BLOCK
        end = full if most is None else min(full, len(blocks) + most)
        while len(blocks) < end:
            start = len(blocks) * BLOCK
            block = QuantizedBlock.of(vectors[start : start + BLOCK])
            if block is None:
                break
            blocks.append(block)
        return self if len(blocks) == len(self.blocks) else QuantizedVectors(tuple(blocks))

    def before(self, row: int) -> QuantizedVectors:
        """
        Return the part that covers vectors before a row alone.

        Args:
            row: The first row that may have changed.
        """
        return QuantizedVectors(self.blocks[: row // BLOCK])


class QuantizedQuery:
    """
    Quantizes a query, to be compared with blocks.

    Args:
        query: Unit vector, shape (dimensions,).
    """

    def __init__(self, query: Vectors) -> None:
        self._numbers, scales, errors = _coded(query[None])
        self._scale, self._error = scales[0], float(errors[0])

    def estimate(self, block: QuantizedBlock, out: Vectors) -> float:
        """
        Estimate the query's products with the vectors of a block.

        Args:
            block: The vectors.
            out: Gets the estimates, shape (rows,).

        Returns:
            How far an estimate may be from the true product.
        """
        np.copyto(out, _products(block.library, self._numbers, block.packed), casting="unsafe")
        out *= block.scales
        out *= self._scale
        # No coded vector is longer than 1 and what was lost of it.
        return block.error + (1.0 + block.error) * self._error + NOISE


def _products(library: ModuleType, numbers: NDArray[np.int8], packed: Any) -> NDArray[np.int32]:
    products: NDArray[np.int32] = np.asarray(library.dots_packed(numbers, packed))[0]
    return products


def _coded(vectors: Vectors) -> _Codes:
    scales = np.abs(vectors).max(axis=1, initial=0.0) / np.float32(_LARGEST)
    scales[scales == 0.0] = 1.0
    numbers = np.rint(vectors / scales[:, None])
    lost = vectors - numbers * scales[:, None]
    return _Codes(numbers.astype(np.int8), scales, np.sqrt(np.einsum("ij,ij->i", lost, lost)))
