"""
What can happen to a data folder: each time a clear error, no wrong answer, and recovery.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from reflect_server.errors import StoreError
from reflect_server.store.sqlite import SqliteStore, backup, schema
from reflect_server.testing import ServerProcess

from .commands import CLEAN, reflect

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DROP_FROM_BOUNDING_SET = 24
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


def record(http: httpx.Client, task: str) -> httpx.Response:
    review = {"result": "pass", "reflection": {"summary": task, "guidance": "Do it"}}
    text = "x" * 20_000
    body = {"task": task, "trajectory": [{"content": text}], "review": review}
    return http.post("/traces", json=body)


def tasks(http: httpx.Client) -> list[str]:
    answer = http.get("/traces")
    assert answer.status_code == 200, answer.text
    return [trace["task"] for trace in answer.json()]


def refused(answer: httpx.Response, *words: str) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    for word in words:
        assert word in answer.json()["detail"], answer.text


def test_the_first_write_and_query_are_answered_without_a_descriptor_left(
    own_server: ServerProcess, http: httpx.Client, until_ready: Callable[[str], None]
) -> None:
    until_ready(own_server.base_url)
    assert tasks(http) == []
    _, hard = resource.prlimit(own_server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(own_server.process.pid, resource.RLIMIT_NOFILE, (3, hard))

    assert record(http, "written").status_code == 200
    found = http.post("/memory/query", json={"task": "written"})
    assert [memory["task"] for memory in found.json()] == ["written"]


def test_a_full_disk_refuses_writes_and_nothing_else_until_there_is_room(
    own_server: ServerProcess, http: httpx.Client, data: Path
) -> None:
    assert record(http, "before").status_code == 200
    found = http.post("/memory/query", json={"task": "before"}).json()
    size = max(path.stat().st_size for path in data.glob("reflect.db*"))
    _, hard = resource.prlimit(own_server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(own_server.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    refused(record(http, "during"), "disk")

    assert tasks(http) == ["before"]
    assert http.post("/memory/query", json={"task": "before"}).json() == found
    assert httpx.get(f"{own_server.base_url}/health").status_code == 200
    resource.prlimit(own_server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert record(http, "after").status_code == 200
    assert tasks(http) == ["after", "before"]
    assert own_server.stop() == 0
    with closing(SqliteStore(data)) as store:
        assert len(store.read(lambda tx: tx.memories.page("p"))) == 2


def test_a_list_that_cannot_be_read_to_its_end_is_never_taken_for_whole(
    own_server: ServerProcess, http: httpx.Client, data: Path
) -> None:
    run = {"task": "Count", "trajectory": "x" * 200_000}
    for _ in range(100):
        assert http.post("/traces", json=run).status_code == 200
    with http.stream("GET", "/traces") as answer:
        parts = answer.iter_bytes()
        next(parts)
        for path in (data / "reflect.db", data / "reflect.db-wal"):
            with path.open("r+b") as file:
                size = path.stat().st_size
                file.seek(size // 10)
                file.write(b"\xff" * (size // 2))
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            b"".join(parts)

    assert httpx.get(f"{own_server.base_url}/health").status_code == 200
    own_server.stop()
    assert "broke off: GET /v1/projects/p/traces" in own_server.log


class SmallDisk:
    """
    A server whose disk can be filled: a file system of 8 MiB of its own in a mount namespace, or,
    where this user may make none, a limit to the size of its files.
    """

    def __init__(self, place: Path) -> None:
        place.mkdir()
        mount = ("unshare", "--map-root-user", "--mount", "sh", "-c")
        make = f"mount -t tmpfs -o size=8m none '{place}' && exec \"$@\""
        command = (*mount, make, "sh")
        self.is_real = (
            shutil.which("unshare") is not None
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        )
        self.server = ServerProcess(place / "data", within=command if self.is_real else ())
        self._pid = self.server.process.pid
        self._filler = Path(f"/proc/{self._pid}/root{place}/filler")
        _, self._limit = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        self._data = place / "data"

    def fill(self) -> None:
        if not self.is_real:
            size = max(path.stat().st_size for path in self._data.glob("reflect.db*"))
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (size, self._limit))
            return
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            self._write_until_it_fails()

    def _write_until_it_fails(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def empty(self) -> None:
        if self.is_real:
            self._filler.unlink()
        else:
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (self._limit, self._limit))


def test_a_disk_that_fills_up_again_and_again_loses_nothing_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    disk = SmallDisk(tmp_path / "disk")
    says = "The disk of the data folder is full" if disk.is_real else "disk"
    try:
        with httpx.Client(
            base_url=f"{disk.server.base_url}/v1/projects/p",
            headers={"Authorization": f"Bearer {disk.server.first_key}"},
            timeout=60,
        ) as http:
            for number in range(3):
                assert record(http, f"task {number}").status_code == 200
                disk.fill()
                for _ in range(3):
                    refused(record(http, "during"), says)
                assert tasks(http) == [f"task {n}" for n in range(number, -1, -1)]
                assert len(http.post("/memory/query", json={"task": "task"}).json()) == number + 1
                assert http.get(f"{disk.server.base_url}/health").status_code == 200
                disk.empty()
        assert disk.server.stop() == 0
    finally:
        disk.server.kill()


def test_a_database_that_finds_no_room_refuses_what_needs_some_until_there_is_some(
    data: Path,
) -> None:
    def limit(pages: int) -> None:
        connection = store._connection
        store.write(lambda _: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    def create(name: str) -> None:
        store.write(lambda tx: tx.projects.create(name, created_at=NOW))

    with closing(SqliteStore(data)) as store:
        create("before")
        limit(1)  # SQLite takes the present number of pages instead.
        with pytest.raises(StoreError, match="The disk of the data folder is full"):
            create("during" * 10_000)
        assert store.read(lambda tx: tx.projects.ids()) == ["before"]
        limit(2**30)
        create("after" * 10_000)
        assert len(store.read(lambda tx: tx.projects.ids())) == 2
    SqliteStore(data).close()


def as_an_ordinary_user() -> None:
    """
    Let file modes count, also where the tests run as root.
    """
    if os.geteuid() == 0:
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def run(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reflect_server", *map(str, arguments)],
        env={**CLEAN, "REFLECT_CONFIG": "", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=as_an_ordinary_user,
    )


def test_a_folder_that_cannot_be_written_is_refused_and_found(data: Path) -> None:
    SqliteStore(data).close()
    before = (data / "reflect.db").read_bytes()
    data.chmod(0o500)
    try:
        started = run("serve", "--port", 0, "--data-dir", data)
        examined = run("doctor", "--port", 0, "--data-dir", data)
    finally:
        data.chmod(0o700)

    assert started.returncode == 1
    assert started.stdout == ""
    assert str(data) in started.stderr
    assert "Traceback" not in started.stderr
    assert examined.returncode == 1
    assert "cannot be written" in examined.stdout
    assert (data / "reflect.db").read_bytes() == before
    ServerProcess(data).stop()


@pytest.mark.parametrize(
    "command",
    [
        "serve --port 0",
        "export",
        "backup {data}/saved",
        "restore {parent}/saved",
        "retry",
        "keys create --master",
        "doctor --port 0",
        "config --config {data}/reflect.toml",
    ],
)
def test_a_folder_of_another_user_is_told_of_in_a_sentence(data: Path, command: str) -> None:
    SqliteStore(data).close()
    backup.back_up(data, data.parent / "saved", secret_name="reflect.lock")
    data.chmod(0)
    try:
        result = run(
            *command.format(data=data, parent=data.parent).split(), REFLECT_DATA_DIR=str(data)
        )
    finally:
        data.chmod(0o700)

    said = result.stdout + result.stderr
    assert result.returncode == 1
    assert str(data) in said
    assert not any(word in said for word in ("Traceback", "PermissionError", "unexpected"))


def test_a_database_that_another_program_locks_delays_writes_and_no_reads(
    own_server: ServerProcess, http: httpx.Client, data: Path
) -> None:
    assert record(http, "before").status_code == 200
    answers: list[httpx.Response] = []
    with closing(sqlite3.connect(data / "reflect.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = threading.Thread(target=lambda: answers.append(record(http, "during")))
        writing.start()
        assert tasks(http) == ["before"]
        assert http.post("/memory/query", json={"task": "before"}).status_code == 200
        assert answers == []
        other.execute("ROLLBACK")
        writing.join()

    assert [answer.status_code for answer in answers] == [200]
    assert tasks(http) == ["during", "before"]


def test_a_database_that_stays_locked_is_told_of(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)

    def create(store: SqliteStore, name: str) -> None:
        store.write(lambda tx: tx.projects.create(name, created_at=NOW))

    with closing(SqliteStore(data)) as store:
        create(store, "before")
        with closing(sqlite3.connect(data / "reflect.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="Another program has locked"):
                create(store, "during")
        create(store, "after")
        assert [
            store.read(lambda tx, n=name: tx.projects.exists(n))
            for name in ("before", "during", "after")
        ] == [True, False, True]


def dump(folder: Path) -> list[str]:
    with closing(SqliteStore(folder)) as store:
        return list(store._connection.iterdump())


def filled(folder: Path) -> None:
    own_server = ServerProcess(folder)
    try:
        with httpx.Client(
            base_url=f"{own_server.base_url}/v1/projects/p",
            headers={"Authorization": f"Bearer {own_server.first_key}"},
            timeout=60,
        ) as http:
            for number in range(12):
                assert record(http, f"task {number}").status_code == 200
    finally:
        own_server.stop()


def test_whichever_page_is_destroyed_the_start_is_refused_or_nothing_is_lost(
    tmp_path: Path,
) -> None:
    filled(tmp_path / "whole")
    whole, content = dump(tmp_path / "whole"), (tmp_path / "whole" / "reflect.db").read_bytes()
    refusals: list[str] = []
    for start in range(0, len(content), 4096):
        folder = tmp_path / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        damaged = content[:start] + b"\xa5" * 4096 + content[start + 4096 :]
        (folder / "reflect.db").write_bytes(damaged)
        try:
            assert dump(folder) == whole
        except StoreError as error:
            refusals.append(error.message)
    assert len(refusals) > 30
    assert all("Restore it from a backup" in message for message in refusals)


def test_pages_that_are_destroyed_under_a_running_server_make_no_wrong_answer(
    own_server: ServerProcess, http: httpx.Client, data: Path, tmp_path: Path
) -> None:
    for number in range(12):
        assert record(http, f"task {number}").status_code == 200
    right = {path: http.get(path).json() for path in ("/traces", "/memories")}
    with closing(sqlite3.connect(data / "reflect.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup.back_up(data, tmp_path / "saved", secret_name="secret.key")
    content = (data / "reflect.db").read_bytes()
    with (data / "reflect.db").open("r+b") as file:
        for start in range(8192, len(content), 4096):
            file.seek(start)
            file.write(b"\xa5" * 4096)
    refusals = 0
    for path, expected in right.items():
        answer = http.get(path)
        if answer.status_code == 200:
            assert answer.json() == expected
        else:
            refused(answer, "damaged", "backup")
            refusals += 1
    assert refusals > 0

    restored = reflect("restore", tmp_path / "saved", "--data-dir", data, "--replace")

    assert restored.exit_code == 0, restored.output
    assert {path: http.get(path).json() for path in right} == right
    assert record(http, "after").status_code == 200
