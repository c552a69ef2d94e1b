"""
Restores: never half done, whatever interrupts them or comes at the same time.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reflect_server.errors import StoreError
from reflect_server.maintenance.restore import restore
from reflect_server.store.sqlite import SqliteStore, backup
from reflect_server.store.sqlite.folder_lock import restoring_alone
from reflect_server.store.sqlite.staging import (
    MANIFEST_NAME,
    STAGED_NAME,
    apply_staged,
    is_half_taken,
    lies_ready,
)

from .backups import everything, holds
from .commands import reflect, says_one_thing


def take_up_to(folder: Path, moves: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Put what is staged in place up to a number of moves, as a crash after them leaves it.
    """
    real, made = Path.replace, []

    def replace(path: Path, target: Path) -> Path:
        if len(made) == moves:
            raise KeyboardInterrupt
        made.append(path)
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        try:
            apply_staged(folder)
        except KeyboardInterrupt:
            assert len(made) == moves


@pytest.mark.parametrize("moves", range(6))
def test_a_crash_while_a_backup_is_put_back_leaves_it_whole(
    saved: Path, data: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = everything(data)
    (data / "reflect.db-wal").write_bytes(b"")
    backup.stage(saved, data)
    take_up_to(data, moves, monkeypatch)

    assert everything(data) == wanted
    assert not (data / STAGED_NAME).exists()
    (kept,) = data.glob("replaced-*")
    assert {"reflect.db", "secret.key"} <= {path.name for path in kept.iterdir()}


@pytest.mark.parametrize("moves", range(5))
def test_a_restore_after_one_that_was_interrupted_is_complete(
    saved: Path, data: Path, another: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.stage(saved, data)
    take_up_to(data, moves, monkeypatch)
    if is_half_taken(data) and (data / "reflect.db").exists():
        for command in (("backup", data.parent / "half"), ("export",)):
            says_one_thing(reflect(*command, "--data-dir", data), "was interrupted")
    restore(another, data, replace=True)

    assert holds(data, another)
    assert not lies_ready(data)


def test_what_a_restore_replaces_is_kept_whatever_comes_to_its_place(
    saved: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "reflect.db-wal").write_bytes(b"of the old database")
    backup.stage(saved, data)
    take_up_to(data, 1, monkeypatch)
    assert is_half_taken(data)
    (data / "reflect.db-wal").write_bytes(b"")
    apply_staged(data)

    (kept,) = data.glob("replaced-*")
    assert (kept / "reflect.db-wal").read_bytes() == b"of the old database"
    assert not (data / "reflect.db-wal").exists()


def test_a_backup_that_is_laid_ready_while_another_is_taken_takes_its_place(
    saved: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = everything(data)
    with closing(SqliteStore(data)) as store:
        store.write(lambda tx: tx.projects.create("later", created_at=datetime.now(UTC)))
    later = everything(data)
    backup.back_up(data, tmp_path / "later", secret_name="secret.key")
    backup.stage(saved, data)
    real, waiting = Path.replace, [tmp_path / "later"]

    def replace(path: Path, target: Path) -> Path:
        if waiting:
            backup.stage(waiting.pop(), data)
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        apply_staged(data)

    assert everything(data) == later != first
    assert not lies_ready(data)


def test_a_crash_before_another_backup_is_staged_leaves_nothing_to_take(
    saved: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(data)
    backup.stage(saved, data)

    def crash(path: Path, **options: object) -> None:
        (path / "reflect.db").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", crash)
        with pytest.raises(KeyboardInterrupt):
            backup.stage(saved, data)

    secret = (data / "secret.key").read_bytes()
    (data / STAGED_NAME / "secret.key").write_bytes(b"that of another installation")
    assert everything(data) == before
    assert (data / "secret.key").read_bytes() == secret


def test_a_backup_that_was_only_half_copied_is_not_taken(saved: Path, data: Path) -> None:
    backup.stage(saved, data)
    (data / STAGED_NAME / MANIFEST_NAME).unlink()
    (data / STAGED_NAME / "reflect.db").write_bytes(b"half")
    before = everything(data)

    assert everything(data) == before
    shutil.rmtree(data / STAGED_NAME)


def test_of_restores_at_once_one_is_in_place_whole(
    saved: Path, another: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    restore(saved, target, replace=True)
    refused: list[str] = []

    def put_back(chosen: Path) -> None:
        try:
            restore(chosen, target, replace=True)
        except StoreError as error:
            refused.append(error.message)

    for _ in range(5):
        threads = [
            threading.Thread(target=put_back, args=(chosen,)) for chosen in (saved, another) * 2
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert holds(target, saved) != holds(target, another)
        assert not lies_ready(target)
    assert all("Another `reflect restore` is at work" in message for message in refused)


def test_a_restore_beside_another_is_refused(saved: Path, data: Path) -> None:
    with restoring_alone(data):
        says_one_thing(
            reflect("restore", saved, "--data-dir", data, "--replace"),
            "Another `reflect restore` is at work",
        )
    assert reflect("restore", saved, "--data-dir", data, "--replace").exit_code == 0
