"""
What is answered while the service is put together.
"""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from reflect_server.serving.listening import listening
from reflect_server.serving.loading import told_to_come_back

HEALTH_SECONDS = 0.2


def test_whoever_asks_early_is_told_to_come_back_at_once():
    with listening("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with told_to_come_back(listener), httpx.Client(base_url=address) as http:
            http.get("/health")
            begun = time.monotonic()
            created = http.post("/v1/projects/p/traces", json={"task": "T" * 999})
            answers = [http.get("/health"), created]
            seconds = (time.monotonic() - begun) / len(answers)
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "warming_up")
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert seconds < HEALTH_SECONDS


def test_the_socket_goes_on_to_listen_for_the_service():
    with listening("127.0.0.1", 0) as listener:
        with told_to_come_back(listener):
            pass
        with socket.create_connection(listener.getsockname(), timeout=5):
            connection, _ = listener.accept()
            connection.close()


def test_a_service_that_is_put_together_soon_enough_answers_itself():
    with listening("127.0.0.1", 0) as listener:
        with told_to_come_back(listener, after=60.0):
            waiting = socket.create_connection(listener.getsockname(), timeout=5)
        connection, _ = listener.accept()
        connection.close()
        waiting.close()


def test_the_thread_ends_where_the_service_cannot_be_put_together():
    with (
        listening("127.0.0.1", 0) as listener,
        pytest.raises(RuntimeError),
        told_to_come_back(listener),
    ):
        raise RuntimeError
    assert "reflect-loading" not in [thread.name for thread in threading.enumerate()]
