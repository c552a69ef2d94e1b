import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from reflect_server.retrieval.inner_products import LEAST_SHARED, Products


def product(products: Products, vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    found, scan = products.inner_products(vectors, query)
    scan.finish()
    return found


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


def test_many_products_are_begun_before_the_caller_takes_part():
    vectors = np.ones((LEAST_SHARED, 2), np.float32)
    begun = threading.Event()

    class Watched(np.ndarray):
        def __getitem__(self, part):  # type: ignore[no-untyped-def]
            begun.set()
            return vectors[part]

    products, scan = Products(2).inner_products(vectors.view(Watched), vectors[0])

    assert begun.wait(30)
    scan.finish()
    np.testing.assert_array_equal(products, np.full(LEAST_SHARED, 2.0))


def test_an_error_in_a_part_that_another_thread_does_is_raised():
    def work(part: int) -> None:
        raise ArithmeticError(f"part {part}")

    with pytest.raises(ArithmeticError, match="part"):
        Products(3).begin(work, range(8), rows=LEAST_SHARED).finish()
