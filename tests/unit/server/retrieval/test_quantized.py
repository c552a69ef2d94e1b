from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray

from reflect_server.retrieval import quantized
from reflect_server.retrieval.quantized import BLOCK, QuantizedQuery, QuantizedVectors

IS_INSTALLED = find_spec("numkong") is not None
Vectors = NDArray[np.float32]


def unit_vectors(count: int, dimensions: int, seed: int) -> Vectors:
    """
    Make vectors of all kinds: dense ones, sparse ones, and some of zeros.
    """
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, dimensions))
    vectors[::3] *= random.random((len(vectors[::3]), dimensions)) < 0.1
    vectors[::7] **= 5
    vectors[::101] = 0.0
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0.0, 1.0, lengths)).astype(np.float32)


@pytest.mark.parametrize("dimensions", [2, 100, 256, 1_536])
def test_no_product_is_farther_from_its_estimate_than_the_bound(dimensions: int):
    vectors = unit_vectors(BLOCK, dimensions, seed=dimensions)
    quantized = QuantizedVectors().extended(vectors)
    assert quantized.covered == (BLOCK if IS_INSTALLED else 0)
    for block in quantized.blocks:
        for query in unit_vectors(20, dimensions, seed=1):
            products = np.empty(BLOCK, np.float32)
            bound = QuantizedQuery(query).estimate(block, products)
            assert (np.abs(products - vectors @ query) <= bound).all()
            assert bound < 0.1


def test_only_full_blocks_are_covered_and_only_those_before_a_change():
    vectors = unit_vectors(2 * BLOCK + 5, 4, seed=3)
    full = 2 * BLOCK if IS_INSTALLED else 0
    quantized = QuantizedVectors().extended(vectors)
    assert QuantizedVectors().extended(vectors[: BLOCK - 1]).covered == 0
    assert QuantizedVectors().extended(vectors, most=1).covered == full / 2
    assert quantized.covered == full
    assert quantized.before(2 * BLOCK).covered == full
    assert quantized.before(2 * BLOCK - 1).covered == full / 2
    assert quantized.before(0).covered == 0


def test_nothing_is_screened_where_products_are_wrong(monkeypatch: pytest.MonkeyPatch):
    class Wrong:
        @staticmethod
        def dots_pack(numbers: NDArray[np.int8]) -> NDArray[np.int8]:
            return numbers

        @staticmethod
        def dots_packed(numbers: NDArray[np.int8], packed: NDArray[np.int8]) -> NDArray[np.int8]:
            return numbers @ packed.T

    monkeypatch.setattr(quantized, "_library", lambda: Wrong)
    assert QuantizedVectors().extended(unit_vectors(BLOCK, 64, seed=4)).covered == 0
    monkeypatch.setattr(quantized, "_library", lambda: None)
    assert QuantizedVectors().extended(unit_vectors(BLOCK, 64, seed=4)).covered == 0
