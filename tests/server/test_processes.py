"""
The server as a process: how it starts, ends, crashes and refuses to start.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from reflect_server.data_folder.presence import PRESENCE_NAME
from reflect_server.testing import STOP_SECONDS, ServerProcess, ServerStartError, running_server

NO_KEY = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
START_AND_WAIT = """
import pathlib, sys
from reflect_server.testing import ServerProcess
print(ServerProcess(pathlib.Path(sys.argv[1])).base_url, flush=True)
input()
"""
Spawn = Callable[..., subprocess.Popen[str]]
Start = Callable[..., ServerProcess]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("REFLECT_", "Q_LEARNING"))}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as closing:

        def started(**env: str) -> ServerProcess:
            server = ServerProcess(tmp_path / "data", env=env)
            closing.callback(server.kill)
            return server

        yield started


def reflect(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reflect_server", *arguments],
        env={**CLEAN, **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def traces(server: ServerProcess, key: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{server.base_url}/v1/projects/p",
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    )


def says_one_thing(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_a_crash_between_answer_and_ingestion_loses_nothing_and_doubles_nothing(start: Start):
    first = start()
    key = first.first_key
    created = []
    with traces(first, key) as http:
        for number in range(20):
            body = {"task": f"task {number}", "trajectory": [], "review": {"result": "pass"}}
            created.append(http.post("/traces", json=body).json()["trace_id"])
    first.kill()

    with traces(start(), key) as http:
        for trace_id in created:
            trace = http.get(f"/traces/{trace_id}", headers={"Prefer": "wait=20"}).json()
            assert trace["ingest_status"] == "completed"
        memories = http.get("/memories").json()

    assert sorted(memory["trace_id"] for memory in memories) == sorted(created)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly_and_releases_who_waits(
    start: Start, number: signal.Signals, tmp_path: Path
):
    server = start()
    with traces(server, server.first_key) as http:
        trace_id = http.post("/traces", json={"task": "t", "trajectory": []}).json()["trace_id"]
        answers: list[int] = []
        asked = threading.Event()

        def wait() -> None:
            request = http.build_request(
                "GET",
                f"/traces/{trace_id}",
                headers={"Prefer": "wait=60"},
                params={"wait_for": "reviewed"},
            )
            asked.set()
            answers.append(http.send(request).status_code)

        waiter = threading.Thread(target=wait)
        waiter.start()
        asked.wait()
        http.get("/traces")
        server.process.send_signal(number)
        code = server.process.wait(STOP_SECONDS)
        waiter.join(STOP_SECONDS)

    assert code == 0
    assert answers == [200]
    assert server.log == ""
    assert not (tmp_path / "data" / PRESENCE_NAME).exists()


def test_an_upload_that_does_not_end_is_told_when_the_server_ends(start: Start):
    server = start()
    address = httpx.URL(server.base_url)
    with socket.create_connection((address.host, address.port)) as upload:
        upload.sendall(
            b"POST /v1/projects/p/traces HTTP/1.1\r\nHost: reflect\r\n"
            b"Authorization: Bearer %b\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
            % server.first_key.encode()
        )
        assert upload.recv(4096).startswith(b"HTTP/1.1 100 ")

        code = server.stop()
        answer = b"".join(iter(lambda: upload.recv(4096), b""))

    assert code == 0
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Send it again" in answer
    assert "Traceback" not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_that_follow_the_first_change_nothing(start: Start, number: signal.Signals):
    server = start()

    while server.process.poll() is None:
        server.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(0.01)

    assert server.process.returncode == 0
    assert server.log == ""


def test_the_first_start_shows_a_key_that_works_and_later_ones_do_not(tmp_path: Path, spawn: Spawn):
    command = [sys.executable, "-m", "reflect_server", "--port", "0"]
    shown = []
    for _ in range(2):
        process = spawn([*command, "--data-dir", str(tmp_path)], env=CLEAN, stdout=subprocess.PIPE)
        lines = iter(process.stdout.readline, "Press Ctrl+C to stop.\n")
        shown.append("".join(lines))
        address = re.search(r"Reflect is serving at (http://127\.0\.0\.1:\d+)\n", shown[-1])[1]
        assert httpx.get(f"{address}/health").json() == {"status": "ok"}
        key = re.search(r"export REFLECT_API_KEY=(rf_live_\w+)", shown[0])[1]
        answer = httpx.get(
            f"{address}/v1/projects/default/traces", headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
        process.terminate()
        assert process.wait(STOP_SECONDS) == 0

    assert "export REFLECT_PROJECT_ID=default" in shown[0]
    assert "rf_live_" not in shown[1]
    assert "reflect keys create --master" in shown[1]


def test_what_the_first_start_shows_works_when_it_is_pasted(tmp_path: Path, spawn: Spawn) -> None:
    command = [sys.executable, "-m", "reflect_server", "--port", "0", "--data-dir", str(tmp_path)]
    process = spawn(command, env=CLEAN, stdout=subprocess.PIPE)
    shown = "".join(iter(process.stdout.readline, "Press Ctrl+C to stop.\n"))
    exports = dict(re.findall(r"export (\w+)=(\S+)", shown))
    code = textwrap.dedent(shown[shown.index("  from reflect_sdk") :])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**CLEAN, **exports},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert result.stderr == ""
    assert result.stdout.startswith("How many orders did we ship in March?")
    assert re.search(r"^mem_\w+$", result.stdout, re.MULTILINE)


def test_the_data_folder_is_the_owners_alone(start: Start, tmp_path: Path):
    start()

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_files_are_the_owners_alone_also_in_a_folder_that_others_may_read(
    start: Start, tmp_path: Path
):
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    start()

    modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "data").iterdir()}

    assert {"secret.key", "reflect.db", "reflect.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_the_learning_rate_comes_from_the_environment(tmp_path: Path):
    with (
        running_server(data_dir=tmp_path, env={"Q_LEARNING_ALPHA": "1"}) as (url, key),
        httpx.Client(
            base_url=f"{url}/v1/projects/p", headers={"Authorization": f"Bearer {key}"}
        ) as http,
    ):
        review = {"result": "pass", "reflection": {"summary": "s", "guidance": "g"}}
        body = {"task": "t", "trajectory": [], "review": review}
        http.post("/traces", json=body)
        memory_id = http.get("/memories").json()[0]["id"]
        http.post("/traces", json={**body, "retrieved_memory_ids": [memory_id]})

        assert http.get(f"/memories/{memory_id}").json()["q_value"] == 1.0


def test_a_folder_that_was_served_before_can_be_served_again_with_a_new_key(tmp_path: Path):
    for _ in range(2):
        with running_server(data_dir=tmp_path) as (url, key):
            headers = {"Authorization": f"Bearer {key}"}
            assert httpx.get(f"{url}/v1/projects/p/traces", headers=headers).status_code == 200


def test_bootstrap_is_off_without_a_token(start: Start):
    server = start()

    answer = httpx.post(f"{server.base_url}/v1/bootstrap", json={})

    assert answer.status_code == 403
    assert answer.json()["code"] == "bootstrap_disabled"


def test_a_port_in_use_is_refused_before_anything_is_made(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = reflect("serve", "--port", port, "--data-dir", str(tmp_path / "data"))

    says_one_thing(result, port, "in use", "--port")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "the same"])
def test_a_folder_in_use_is_refused_and_its_server_named(start: Start, tmp_path: Path, port: str):
    first = start()
    taken = str(httpx.URL(first.base_url).port)

    result = reflect(
        "--port", taken if port == "the same" else port, "--data-dir", str(tmp_path / "data")
    )

    server = f"in use by the server at {first.base_url} (process {first.process.pid})"
    says_one_thing(result, server, str(tmp_path / "data"), "--data-dir")


def test_settings_that_cannot_work_are_refused_before_anything_is_made(tmp_path: Path):
    data = tmp_path / "data"

    elsewhere = reflect("--host", "192.0.2.1", "--port", "0", "--data-dir", str(data))
    without_key = reflect("--port", "0", "--data-dir", str(data), REFLECT_MODEL="m", **NO_KEY)

    says_one_thing(elsewhere, "192.0.2.1", "Name an address of this machine")
    says_one_thing(without_key, "REFLECT_MODEL_API_KEY")
    assert not data.exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()

    says_one_thing(reflect("--port", "0", "--data-dir", str(tmp_path / "file" / "data")), "file")


def test_a_damaged_database_is_refused_and_kept(start: Start, tmp_path: Path):
    start().stop()
    database = tmp_path / "data" / "reflect.db"
    database.write_bytes(b"no database at all, but long enough to be read as a header" * 10)
    before = database.read_bytes()

    result = reflect("--port", "0", "--data-dir", str(tmp_path / "data"))

    says_one_thing(result, "reflect.db", "backup")
    assert database.read_bytes() == before


def test_a_newer_database_is_refused(start: Start, tmp_path: Path):
    start().stop()
    connection = sqlite3.connect(tmp_path / "data" / "reflect.db")
    connection.execute("PRAGMA user_version = 1000")
    connection.close()

    says_one_thing(reflect("--port", "0", "--data-dir", str(tmp_path / "data")), "1000", "newer")


def test_a_lost_secret_is_refused_until_a_new_master_key_is_made(start: Start, tmp_path: Path):
    data = tmp_path / "data"
    start().stop()
    (data / "secret.key").unlink()

    refused = reflect("--port", "0", "--data-dir", str(data))
    made = reflect("keys", "create", "--master", "--data-dir", str(data))

    says_one_thing(refused, "secret.key", "reflect keys create --master")
    with traces(start(), made.stdout.strip()) as http:
        assert http.get("/traces").status_code == 200


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"Q_LEARNING_ALPHA": "1.5"}, "Q_LEARNING_ALPHA"),
        ({"Q_LEARNING_ALPHA": "nan"}, "Q_LEARNING_ALPHA"),
        ({"Q_LEARNING_ALPHA": "fast"}, "Q_LEARNING_ALPHA"),
        ({"REFLECT_PORT": "99999"}, "REFLECT_PORT"),
        ({"REFLECT_REQUESTS_PER_SECOND": "1e-300"}, "REFLECT_REQUESTS_PER_SECOND"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, env: dict[str, str], says: str):
    says_one_thing(reflect("--data-dir", str(tmp_path / "data"), **env), f"`{says}`")


def test_an_option_that_cannot_be_used_is_named(tmp_path: Path):
    says_one_thing(reflect("--port", "70000", "--data-dir", str(tmp_path)), "`--port`")
    says_one_thing(reflect("--host", "no such host", "--port", "0"), "no such host")


def test_the_testing_module_says_why_a_server_did_not_start(tmp_path: Path):
    (tmp_path / "data").touch()

    with pytest.raises(ServerStartError, match=re.escape(str(tmp_path / "data"))):
        ServerProcess(tmp_path / "data")


def test_a_failing_test_kills_its_server(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), running_server(data_dir=tmp_path) as (url, _):
        _ = 1 / 0

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health")


def test_a_server_of_the_testing_module_ends_with_the_process_that_started_it(
    tmp_path: Path, spawn: Spawn
):
    starter = spawn(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    address = httpx.URL(starter.stdout.readline().strip())
    with socket.create_connection((address.host, address.port), timeout=STOP_SECONDS) as open_one:
        starter.kill()
        with suppress(ConnectionResetError):
            assert open_one.recv(1) == b""


def test_json_tells_programs_where_it_serves(start: Start, tmp_path: Path):
    server = start()

    assert server.base_url.startswith("http://127.0.0.1:")
    assert server.first_key.startswith("rf_live_")
