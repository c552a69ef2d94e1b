"""
What a server refuses to protect itself, each with the time to try again.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from reflect_server.configuration.settings import Settings
from reflect_server.errors import SettingsError
from reflect_server.serving.composition import running_service
from reflect_server.testing import RunningServer, ServerProcess, running_server

ELSEWHERE = "192.0.2.1"


def asked(server: RunningServer, path: str = "/traces", **headers: str) -> httpx.Response:
    return httpx.get(
        f"{server.base_url}/v1/projects/p{path}",
        headers={"Authorization": f"Bearer {server.api_key}", **headers},
    )


@contextmanager
def stalled_upload(server: RunningServer, size: int = 100) -> Iterator[socket.socket]:
    address = httpx.URL(server.base_url)
    with socket.create_connection((address.host, address.port)) as upload:
        upload.sendall(
            b"POST /v1/projects/p/traces HTTP/1.1\r\nHost: reflect\r\n"
            b"Authorization: Bearer %b\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
            % (server.api_key.encode(), size)
        )
        assert upload.recv(4096).startswith(b"HTTP/1.1 100 ")
        yield upload


def test_a_key_that_sends_too_much_is_told_when_to_try_again() -> None:
    with running_server(env={"REFLECT_REQUESTS_PER_SECOND": "0.02"}) as server:
        first, second = asked(server), asked(server)
        other = httpx.get(f"{server.base_url}/health")

    assert first.status_code == other.status_code == 200
    assert second.status_code == 429
    assert second.headers["Content-Type"] == "application/problem+json"
    assert second.json()["code"] == "rate_limited"
    assert 0 < int(second.headers["Retry-After"]) <= 50


def test_pages_and_metrics_count_as_the_requests_of_who_asks() -> None:
    token = "a-token-for-metrics"
    env = {"REFLECT_REQUESTS_PER_SECOND": "0.2", "REFLECT_METRICS_TOKEN": token}
    with running_server(env=env) as server, httpx.Client(base_url=server.base_url) as http:

        def statuses(path: str, credential: str | None = None) -> list[int]:
            headers = {"Authorization": f"Bearer {credential}"} if credential else {}
            return [http.get(path, headers=headers).status_code for _ in range(20)]

        of_key = statuses("/metrics", server.api_key)
        of_token = statuses("/metrics", token)
        of_address = statuses("/docs") + statuses("/openapi.json")
        afterwards = asked(server)
        healthy = statuses("/health")

    for found in (of_key, of_token, of_address):
        assert set(found) == {200, 429}
        assert found[:2] == [200, 200]
        assert found.count(200) <= 4
    assert afterwards.status_code == 429
    assert healthy == [200] * 20


def test_a_metrics_token_cannot_be_tried_without_end() -> None:
    with (
        running_server(env={"REFLECT_METRICS_TOKEN": "a-token-for-metrics"}) as server,
        httpx.Client(base_url=server.base_url) as http,
    ):
        guesses = {
            http.get("/metrics", headers={"Authorization": f"Bearer guess-{number}"}).status_code
            for number in range(200)
        }

    assert guesses == {401, 429}


def test_a_server_with_no_room_says_when_to_try_again_and_stays_healthy() -> None:
    env = {"REFLECT_MAX_CONCURRENT_REQUESTS": "1", "REFLECT_MAX_WAITING_REQUESTS": "5"}
    with running_server(env=env) as server:
        with stalled_upload(server):
            refused = asked(server)
            healthy = httpx.get(f"{server.base_url}/health")
            waiting = asked(server, "/traces/unknown", Prefer="wait=1")
        while (afterwards := asked(server)).status_code == 503:
            pass

    assert refused.status_code == 503
    assert refused.json()["code"] == "unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert healthy.status_code == 200
    assert waiting.status_code == 404
    assert afterwards.status_code == 200


def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    with (
        running_server(env={"REFLECT_MAX_BODY_SECONDS": "0.2"}) as server,
        stalled_upload(server) as upload,
    ):
        answer = b"".join(iter(lambda: upload.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"malformed_request" in answer


def test_a_large_body_is_not_read_for_an_unknown_key() -> None:
    with running_server() as server:
        address = httpx.URL(server.base_url)
        with socket.create_connection((address.host, address.port)) as upload:
            upload.sendall(
                b"POST /v1/projects/p/traces HTTP/1.1\r\nHost: reflect\r\n"
                b"Authorization: Bearer rf_live_unknown_key\r\nContent-Length: 1000000\r\n\r\n"
            )
            answer = upload.recv(4096)

    assert answer.startswith(b"HTTP/1.1 401 ")


def test_bodies_that_stall_cannot_fill_the_memory() -> None:
    with ExitStack() as closing:
        server = closing.enter_context(
            running_server(
                env={"REFLECT_MAX_BODY_BYTES": "65536", "REFLECT_MAX_BODY_SECONDS": "60"}
            )
        )
        body = {"task": "t", "trajectory": "a" * 60_000}
        url, key = f"{server.base_url}/v1/projects/p/traces", f"Bearer {server.api_key}"
        assert httpx.post(url, json=body, headers={"Authorization": key}).status_code == 200

        for _ in range(100):  # Each takes room from when the server has read it.
            upload = closing.enter_context(stalled_upload(server, size=65_536))
            upload.sendall(b" " * 65_000)
            full = httpx.post(url, json=body, headers={"Authorization": key})
            if full.status_code != 200:
                break
        small = httpx.post(
            f"{server.base_url}/v1/projects/p/memory/query",
            json={"task": "t"},
            headers={"Authorization": key},
        )

    assert full.status_code == 503
    assert full.headers["Retry-After"] == "1"
    assert "bodies of requests" in full.json()["detail"]
    assert small.status_code == 200


def test_beyond_this_machine_there_is_no_start_without_keys(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match="reflect keys create --master"),
        running_service(Settings(data_dir=tmp_path, host=ELSEWHERE)),
    ):
        pass


def test_with_a_key_or_a_bootstrap_token_there_is_and_no_key_is_shown(tmp_path: Path) -> None:
    token = SecretStr("a-token-for-tests")
    with running_service(
        Settings(data_dir=tmp_path / "a", host=ELSEWHERE, bootstrap_token=token)
    ) as service:
        assert service.first_key is None
    with running_service(Settings(data_dir=tmp_path / "b")) as service:
        assert service.first_key is not None
    with running_service(Settings(data_dir=tmp_path / "b", host=ELSEWHERE)) as service:
        assert service.first_key is None


def test_only_beyond_this_machine_is_there_a_rate_by_default() -> None:
    assert Settings().requests_per_second is None
    assert Settings(host="::1").requests_per_second is None
    assert Settings(host=ELSEWHERE).requests_per_second == 100
    assert Settings(host=ELSEWHERE, requests_per_second=5).requests_per_second == 5


def test_a_bootstrap_token_cannot_be_tried_without_end() -> None:
    with running_server(env={"REFLECT_BOOTSTRAP_TOKEN": "a-token-for-tests"}) as server:
        body = {"user_id": "u", "project_id": "p"}
        with httpx.Client(base_url=server.base_url) as http:
            answers = {
                http.post(
                    "/v1/bootstrap",
                    json=body,
                    headers={
                        "X-Bootstrap-Token": f"guess {number}",
                        "X-Forwarded-For": f"192.0.2.{number % 256}",
                    },
                ).status_code
                for number in range(500)
            }

    assert answers == {403, 429}


@pytest.mark.parametrize(
    ("proxies", "seen"), [("192.0.2.0/24", "127.0.0.1"), ("127.0.0.0/8", "192.0.2.7")]
)
def test_only_a_trusted_proxy_says_who_calls(proxies: str, seen: str, tmp_path: Path) -> None:
    env = {
        "REFLECT_TRUSTED_PROXIES": proxies,
        "REFLECT_LOG_LEVEL": "info",
        "REFLECT_LOG_FORMAT": "json",
    }
    server = ServerProcess(tmp_path, env=env)
    try:
        headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}
        assert httpx.get(f"{server.base_url}/health", headers=headers).status_code == 200
    finally:
        server.stop()
    assert [json.loads(line)["client"] for line in server.log.splitlines()] == [seen]


def test_a_low_limit_of_open_files_does_not_limit_connections(tmp_path: Path) -> None:
    low = ("sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh")
    with ExitStack() as closing:
        server = ServerProcess(tmp_path, within=low)
        closing.callback(server.kill)
        url = httpx.URL(server.base_url)
        for _ in range(100):
            closing.enter_context(socket.create_connection((url.host, url.port)))
        assert httpx.get(url.join("/health")).status_code == 200
