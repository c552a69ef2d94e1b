"""
Backups: made and put back while the server runs, and verified.
"""

from __future__ import annotations

import hashlib
import json
import resource
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
from reflect_server.store.sqlite.staging import MANIFEST_NAME, STAGED_NAME, apply_staged
from reflect_server.testing import ServerProcess

from .backups import everything
from .commands import reflect, says_one_thing

REFLECTION = {"summary": "About it", "guidance": "Do it"}


def remember(http: httpx.Client, task: str) -> None:
    review = {"result": "pass", "reflection": REFLECTION}
    body = {"task": task, "trajectory": [], "review": review}
    assert http.post("/traces", json=body).status_code == 200


def found(http: httpx.Client, task: str) -> set[str]:
    answer = http.post("/memory/query", json={"task": task})
    assert answer.status_code == 200, answer.text
    return {memory["task"] for memory in answer.json()}


def test_a_backup_is_taken_and_put_back_while_the_server_runs(
    http: httpx.Client, own_server: ServerProcess, data: Path, tmp_path: Path
) -> None:
    remember(http, "Count the shipped orders")
    made = reflect("backup", tmp_path / "saved", "--data-dir", data, "--json")
    remember(http, "Count the cancelled orders")
    assert len(found(http, "Count the orders")) == 2

    refused = reflect("restore", tmp_path / "saved", "--data-dir", data)
    restored = reflect("restore", tmp_path / "saved", "--data-dir", data, "--replace")

    assert made.exit_code == restored.exit_code == 0, (made, restored)
    assert json.loads(made.stdout)["memories"] == 1
    says_one_thing(refused, "--replace")
    assert "1 memory" in restored.stdout
    assert found(http, "Count the orders") == {"Count the shipped orders"}
    assert own_server.process.poll() is None
    (kept,) = data.glob("replaced-*")
    assert {"reflect.db", "secret.key"} <= {path.name for path in kept.iterdir()}


def test_a_backup_under_load_is_one_moment_and_complete(
    http: httpx.Client, data: Path, tmp_path: Path
) -> None:
    stopping = threading.Event()
    acknowledged: list[str] = []

    def write() -> None:
        while not stopping.is_set():
            body = {"task": "t", "trajectory": [], "review": {"result": "pass"}}
            acknowledged.append(http.post("/traces", json=body).json()["trace_id"])

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 20:
        pass
    before = list(acknowledged)
    manifest = backup.back_up(data, tmp_path / "saved", secret_name="secret.key")
    stopping.set()
    writer.join()

    with closing(SqliteStore(tmp_path / "saved")) as store:
        kept = {trace.id for trace in store.read(lambda tx: tx.traces.page("p"))}
    assert set(before) <= kept
    assert len(kept) == manifest.counts["traces"]


def test_an_empty_folder_is_filled_and_its_keys_work(
    http: httpx.Client, own_server: ServerProcess, data: Path, tmp_path: Path
) -> None:
    remember(http, "Count the shipped orders")
    key = own_server.first_key
    own_server.stop()
    assert reflect("backup", tmp_path / "saved", "--data-dir", data).exit_code == 0

    result = reflect("restore", tmp_path / "saved", "--data-dir", tmp_path / "new")

    assert result.exit_code == 0, result.stderr
    assert everything(data) == everything(tmp_path / "new")
    other = ServerProcess(tmp_path / "new")
    try:
        answer = httpx.get(
            f"{other.base_url}/v1/projects/p/memories", headers={"Authorization": f"Bearer {key}"}
        )
        assert len(answer.json()) == 1
    finally:
        other.kill()


def test_a_target_without_room_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "data")) as store:
        store.write(lambda tx: tx.projects.create("p" * 2**18, created_at=datetime.now(UTC)))
    (tmp_path / "data" / "secret.key").touch()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"The backup .*saved could not be made"):
            backup.back_up(tmp_path / "data", tmp_path / "saved", secret_name="secret.key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_of_a_deleted_project_stays_in_the_files(
    http: httpx.Client, own_server: ServerProcess, data: Path
) -> None:
    for number in range(20):
        marker = f"the-secret-of-a-customer-{number}"
        reflection = {"summary": marker, "guidance": marker}
        body = {
            "task": marker,
            "trajectory": [{"content": f"{marker} " * 500}],
            "metadata": {marker: marker},
            "review": {"result": "pass", "reflection": reflection},
        }
        assert http.post("/traces", json=body).status_code == 200
    assert any(b"the-secret" in path.read_bytes() for path in data.iterdir())

    assert http.delete(str(http.base_url).rstrip("/")).status_code == 200

    assert not any(b"the-secret" in path.read_bytes() for path in data.iterdir())
    assert http.get("/traces").json() == []
    assert own_server.stop() == 0
    assert not any(b"the-secret" in path.read_bytes() for path in data.iterdir())


@pytest.mark.parametrize("name", ["reflect.db", "secret.key", MANIFEST_NAME])
def test_a_backup_that_was_changed_is_refused(saved: Path, data: Path, name: str) -> None:
    content = (saved / name).read_bytes()
    middle = len(content) // 2
    (saved / name).write_bytes(content[:middle] + b"?" + content[middle + 1 :])
    before = everything(data)

    says_one_thing(reflect("restore", saved, "--data-dir", data, "--replace"), str(saved))

    assert everything(data) == before
    assert not (data / STAGED_NAME).exists()


def test_a_backup_cannot_write_outside_of_the_data_folder(saved: Path, data: Path) -> None:
    intruder = saved.parent / "intruder"
    intruder.write_text("Not of this backup.")
    path = saved / MANIFEST_NAME
    manifest = json.loads(path.read_bytes())
    fact = {
        "bytes": intruder.stat().st_size,
        "sha256": hashlib.sha256(intruder.read_bytes()).hexdigest(),
    }
    manifest["files"] = {**manifest["files"], "../intruder": fact}
    path.write_text(json.dumps(manifest))

    says_one_thing(reflect("restore", saved, "--data-dir", data, "--replace"), "../intruder")

    assert not list(data.rglob("intruder"))


def test_a_backup_of_a_newer_version_is_refused(
    saved: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = schema.migrations()[:-1]
    monkeypatch.setattr(backup, "migrations", lambda: older)

    with pytest.raises(StoreError, match="newer Reflect"):
        backup.stage(saved, data)


def test_what_is_no_data_folder_is_not_saved(tmp_path: Path) -> None:
    says_one_thing(
        reflect("backup", tmp_path / "saved", "--data-dir", tmp_path / "nothing"), "nothing"
    )
    assert list(tmp_path.iterdir()) == []


def test_of_two_backups_at_once_to_one_place_the_first_is_whole(saved: Path, data: Path) -> None:
    target, first_is_done = saved.with_name("twice"), threading.Event()
    second_is_under_way = threading.Event()

    def make_first() -> None:
        backup.back_up(
            data,
            target,
            secret_name="secret.key",
            progress=lambda *_: bool(second_is_under_way.wait()),
        )
        first_is_done.set()

    def let_the_first_end(*_: int) -> None:
        second_is_under_way.set()
        first.join()

    first = threading.Thread(target=make_first)
    first.start()
    with pytest.raises(StoreError, match="exists already"):
        backup.back_up(data, target, secret_name="secret.key", progress=let_the_first_end)

    assert first_is_done.is_set()
    backup.verify(target)
    assert {path.name for path in target.parent.iterdir()} == {"data", "saved", "twice"}


def test_a_process_that_took_the_place_of_a_killed_server_is_not_signalled(
    saved: Path, data: Path, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    stranger = spawn([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    presence = {"pid": stranger.pid, "address": "http://127.0.0.1:1"}
    (data / "server.json").write_text(json.dumps(presence))

    with closing(SqliteStore(data)):
        says_one_thing(
            reflect("restore", saved, "--data-dir", data, "--replace"), "cannot be asked"
        )

    stranger.communicate("\n")
    assert stranger.returncode == 0


def test_a_folder_without_its_secret_is_not_saved(data: Path, tmp_path: Path) -> None:
    SqliteStore(data).close()

    says_one_thing(
        reflect("backup", tmp_path / "saved", "--data-dir", data), "secret.key is missing"
    )

    assert list(tmp_path.iterdir()) == [data]


def test_an_existing_backup_is_not_overwritten(saved: Path, data: Path) -> None:
    before = (saved / MANIFEST_NAME).read_bytes()

    says_one_thing(reflect("backup", saved, "--data-dir", data), "exists already")

    assert (saved / MANIFEST_NAME).read_bytes() == before


def test_a_backup_during_which_a_server_takes_another_is_refused(
    data: Path, another: Path, tmp_path: Path
) -> None:
    with closing(SqliteStore(data)):
        (data / "secret.key").write_text("00" * 32)
        backup.stage(another, data)

        def take(_: int, __: int) -> None:
            apply_staged(data)

        with pytest.raises(StoreError, match="put other files into"):
            backup.back_up(data, tmp_path / "mixed", secret_name="secret.key", progress=take)
    assert not (tmp_path / "mixed").exists()


@pytest.mark.parametrize(
    "change",
    [{"format": "another"}, {"files": {}}, {"counts": {}}, {"counts": {"projects": 1}}],
)
def test_a_backup_that_says_too_little_of_itself_is_refused(
    saved: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    manifest = json.loads((saved / MANIFEST_NAME).read_bytes())
    (saved / MANIFEST_NAME).write_text(json.dumps({**manifest, **change}))

    says_one_thing(reflect("restore", saved, "--data-dir", tmp_path / "new"), MANIFEST_NAME)

    assert not (tmp_path / "new").exists()
