from __future__ import annotations

from pathlib import Path

from threadpoolctl import threadpool_info

from reflect_server.configuration.settings import Settings
from reflect_server.serving.composition import running_service


def test_a_running_service_keeps_each_matrix_product_on_one_thread(tmp_path: Path):
    with running_service(Settings(data_dir=tmp_path)):
        assert {pool["num_threads"] for pool in _products()} == {1}
    assert _products()


def _products() -> list[dict]:
    return [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
