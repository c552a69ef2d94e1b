from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from reflect_server.retrieval.inner_products import LEAST_SHARED, Products


def product(products: Products, vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    return products.inner_products_while(vectors, query, lambda: None)[0]


@pytest.mark.parametrize("rows", [0, 1, LEAST_SHARED - 1, LEAST_SHARED, LEAST_SHARED + 8_193])
@pytest.mark.parametrize("processors", [1, 2, 5])
def test_products_are_the_same_on_any_number_of_processors(rows: int, processors: int):
    random = np.random.default_rng(rows)
    vectors = random.standard_normal((rows, 4)).astype(np.float32)
    query = random.standard_normal(4).astype(np.float32)

    found = product(Products(processors), vectors, query)

    assert found.shape == (rows,)
    np.testing.assert_allclose(found, vectors @ query, rtol=1e-5, atol=1e-5)


def test_many_threads_compute_at_once():
    vectors = np.random.default_rng(1).standard_normal((LEAST_SHARED, 4)).astype(np.float32)
    products = Products(3)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: product(products, vectors, vectors[row]), range(32)))

    for row, computed in enumerate(found):
        np.testing.assert_allclose(computed, vectors @ vectors[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [3, LEAST_SHARED])
def test_other_work_is_done_beside_the_products(rows: int):
    vectors = np.random.default_rng(2).standard_normal((rows, 4)).astype(np.float32)

    products, other = Products(2).inner_products_while(vectors, vectors[0], lambda: "other")

    assert other == "other"
    np.testing.assert_allclose(products, vectors @ vectors[0], rtol=1e-5, atol=1e-5)
