"""
`reflect doctor` on sound and on broken installations.
"""

from __future__ import annotations

import http.server
import json
import re
import shlex
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from reflect_server.configuration.settings import Settings
from reflect_server.data_folder.secret import load_pepper
from reflect_server.maintenance.doctor import examination, surroundings
from reflect_server.maintenance.doctor.findings import Finding
from reflect_server.store.sqlite import SqliteStore
from reflect_server.store.sqlite.folder_lock import FolderLock
from reflect_server.store.sqlite.staging import MANIFEST_NAME, STAGED_NAME
from reflect_server.testing import running_server

from .commands import reflect


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "data"
    SqliteStore(folder).close()
    load_pepper(folder, may_create=True)
    change(folder, f"INSERT INTO projects (id, created_at) VALUES ('p', {micros()})")
    change(folder, TRACE.format(seq=1, status="completed", at=micros()))
    return folder


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "data"))


TRACE = (
    "INSERT INTO traces (seq, id, project_id, ingest_status, ingest_attempts, created_at, "
    "retrieved_memory_ids, task, final_response, metadata) "
    "VALUES ({seq}, 't{seq}', 'p', '{status}', 5, {at}, '[]', 'x', '', '{{}}')"
)

KEY = (
    "INSERT INTO api_keys (id, public_id, secret_hash, label, scopes, environment, is_master, "
    "created_at, revoked_at, expires_at) VALUES "
    "('k', 'k', x'00', 'k', '[]', 'live', 1, 0, {revoked_at}, {expires_at})"
)


def micros(ahead: timedelta = timedelta()) -> int:
    return int((datetime.now(UTC) + ahead).timestamp() * 1e6)


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "reflect.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def findings(*arguments: object, **env: str) -> dict[str, dict[str, Any]]:
    result = reflect("doctor", "--json", *arguments, **env)
    shown = {finding["check"]: finding for finding in json.loads(result.stdout)}
    bad = any(finding["level"] == "problem" for finding in shown.values())
    assert result.exit_code == int(bad), result.output
    return shown


def test_a_sound_installation_is_well(data: Path) -> None:
    shown = findings("--data-dir", data, "--port", 0)

    assert {finding["level"] for finding in shown.values()} == {"ok"}
    assert {"database", "secret", "keys", "ingestion", "embedder", "port"} <= shown.keys()
    assert "All is well." in reflect("doctor", "--data-dir", data, "--port", 0).stdout


def test_nothing_is_changed(data: Path) -> None:
    with closing(SqliteStore(data)) as store:
        store.write(lambda tx: tx.projects.create("q", created_at=datetime.now(UTC)))
        left = {path.name: path.read_bytes() for path in data.glob("reflect.db*")}
    for content in (left, {"reflect.db": (data / "reflect.db").read_bytes()}):
        for path in data.glob("reflect.db*"):
            path.unlink()
        for name, found in content.items():
            (data / name).write_bytes(found)
        before = {path.name: path.read_bytes() for path in data.iterdir()}

        assert findings("--data-dir", data, "--port", 0)["database"]["level"] == "ok"

        after = {path.name: path.read_bytes() for path in data.iterdir()}
        for found in (before, after):
            found.pop("reflect.db-shm", None)  # An index of the log, not kept by SQLite either.
        assert after == before


def test_nothing_is_made_where_there_is_nothing(tmp_path: Path) -> None:
    findings("--data-dir", tmp_path / "data", "--port", 0)

    assert list(tmp_path.iterdir()) == []


def test_an_installation_without_keys_needs_no_secret_yet(data: Path) -> None:
    (data / "secret.key").unlink()

    shown = findings("--data-dir", data, "--port", 0)

    assert shown["secret"]["level"] == shown["keys"]["level"] == "ok"


def test_keys_that_end_with_a_lost_secret_are_counted_as_ended(data: Path) -> None:
    lose_the_secret(data)
    remedy = findings("--data-dir", data, "--port", 0)["secret"]["remedy"]
    (command,) = re.findall(r"`reflect (.*?)`", remedy)

    assert reflect(*shlex.split(command)).exit_code == 0

    assert findings("--data-dir", data, "--port", 0)["keys"]["found"] == "1 API key can be used."


def lose_the_secret(folder: Path) -> None:
    change(folder, KEY.format(revoked_at="NULL", expires_at="NULL"))
    (folder / "secret.key").unlink()


def shorten_the_secret(folder: Path) -> None:
    (folder / "secret.key").write_text("abc")


def show_the_secret(folder: Path) -> None:
    (folder / "secret.key").chmod(0o644)


def overwrite_the_database(folder: Path) -> None:
    (folder / "reflect.db").write_bytes(b"something else entirely" * 100)


def flip_a_page(folder: Path) -> None:
    content = bytearray((folder / "reflect.db").read_bytes())
    for place in range(4096, len(content) - 4096, 4096):
        content[place : place + 64] = b"\xff" * 64
    (folder / "reflect.db").write_bytes(content)


def make_it_newer(folder: Path) -> None:
    change(folder, "PRAGMA user_version = 1000")


def give_up_a_trace(folder: Path) -> None:
    change(
        folder,
        TRACE.format(seq=2, status="failed", at=micros()),
        "UPDATE traces SET last_ingest_error = 'The model said no.' WHERE seq = 2",
    )


def write_from_the_future(folder: Path) -> None:
    change(folder, TRACE.format(seq=2, status="completed", at=micros(timedelta(days=2))))


def revoke_the_keys(folder: Path) -> None:
    change(folder, KEY.format(revoked_at=1, expires_at="NULL"))


def let_the_keys_expire(folder: Path) -> None:
    change(folder, KEY.format(revoked_at="NULL", expires_at=1))


def take_the_log_away(folder: Path) -> None:
    (folder / "reflect.db-wal").mkdir()


def take_the_lock_away(folder: Path) -> None:
    (folder / "reflect.lock").unlink(missing_ok=True)
    (folder / "reflect.lock").mkdir()


@pytest.mark.parametrize(
    ("harm", "check", "level", "says"),
    [
        (lose_the_secret, "secret", "problem", "reflect keys create --master"),
        (shorten_the_secret, "secret", "problem", "move it away"),
        (revoke_the_keys, "keys", "problem", "reflect keys create --master --data-dir"),
        (let_the_keys_expire, "keys", "problem", "reflect keys create --master --data-dir"),
        (take_the_lock_away, "data folder", "problem", "reflect.lock"),
        (take_the_log_away, "data folder", "problem", "reflect.db-wal"),
        (take_the_log_away, "database", "problem", "chown"),
        (show_the_secret, "secret", "warning", "chmod 600"),
        (overwrite_the_database, "database", "problem", "backup"),
        (flip_a_page, "database", "problem", "reflect restore"),
        (make_it_newer, "database", "problem", "newer Reflect"),
        (give_up_a_trace, "ingestion", "warning", "reflect retry"),
        (write_from_the_future, "clock", "warning", "clock"),
    ],
)
def test_what_is_broken_is_found_with_the_way_to_mend_it(
    data: Path, harm: Callable[[Path], None], check: str, level: str, says: str
) -> None:
    harm(data)
    before = (data / "reflect.db").read_bytes()

    finding = findings("--data-dir", data, "--port", 0)[check]

    assert finding["level"] == level, finding
    assert says in f"{finding['found']} {finding['remedy']}"
    assert (data / "reflect.db").read_bytes() == before


def test_the_reason_of_a_failed_trace_is_told(data: Path) -> None:
    give_up_a_trace(data)

    assert "The model said no." in findings("--data-dir", data)["ingestion"]["found"]


def test_nothing_that_is_told_can_command_a_terminal(data: Path) -> None:
    give_up_a_trace(data)
    change(data, "UPDATE traces SET last_ingest_error = 'It said: \x1b[2J\x9b2J'")

    told = reflect("doctor", "--data-dir", data).stdout
    refused = reflect("backup", data / "\x1b[2J", "--data-dir", data / "no")

    assert r"It said: \x1b[2J\x9b2J" in told
    assert not {"\x1b", "\x9b"} & {*told, *refused.stderr}


@pytest.mark.parametrize("is_running", [False, True])
def test_failed_traces_are_ingested_by_the_command_that_is_named(
    data: Path, is_running: bool
) -> None:
    folder = Path(shutil.copytree(data, data.parent / "it's here"))
    give_up_a_trace(folder)
    change(folder, "PRAGMA foreign_keys = OFF", "UPDATE traces SET project_id = 'a shop'")
    change(folder, "INSERT INTO projects (id, created_at) VALUES ('a shop', 0)")

    with running_server(data_dir=folder) if is_running else nullcontext() as server:
        env = {"REFLECT_API_KEY": server.api_key if server else "", "REFLECT_PROJECT_ID": "p"}
        remedy = findings("--data-dir", folder, "--port", 0)["ingestion"]["remedy"]
        (command,) = re.findall(r"`reflect (.*?)`", remedy)
        result = reflect(*shlex.split(command), **env)

    assert result.stdout.startswith("Put 1 failed trace back"), result.output


def test_the_server_that_holds_the_folder_is_named(tmp_path: Path) -> None:
    with running_server(data_dir=tmp_path) as server:
        port = server.base_url.rsplit(":", 1)[1]
        shown = findings("--data-dir", tmp_path, "--port", port)

    assert server.base_url in shown["data folder"]["found"]
    assert server.base_url in shown["port"]["found"]
    assert {finding["level"] for finding in shown.values()} == {"ok"}


def test_a_folder_that_is_held_by_nobody_known_is_told_of(data: Path) -> None:
    change(
        data,
        TRACE.format(seq=2, status="queued", at=micros())
        .replace("metadata)", "metadata, due_at)")
        .replace("'{}')", f"'{{}}', {micros(-timedelta(hours=1))})"),
    )
    lock = FolderLock(data)
    try:
        shown = findings("--data-dir", data, "--port", 0)
    finally:
        lock.release()

    assert "another process" in shown["data folder"]["found"]
    assert shown["ingestion"]["level"] == "warning"
    assert "1 trace in the queue" in shown["ingestion"]["found"]


def test_a_backup_that_waits_to_be_taken_is_told_of(data: Path) -> None:
    (data / STAGED_NAME).mkdir()
    (data / STAGED_NAME / MANIFEST_NAME).touch()

    assert findings("--data-dir", data, "--port", 0)["data folder"]["level"] == "warning"


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_the_place_of_the_folder_is_a_problem(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()

    shown = findings("--data-dir", tmp_path / "file" / below, "--port", 0)

    assert shown["data folder"]["level"] == "problem"


def test_one_check_that_fails_hides_no_other(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings) -> Iterator[Finding]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(examination, "check_disk", fail)

    shown = findings("--data-dir", data, "--port", 0)

    assert "ZeroDivisionError" in shown["doctor"]["found"]
    assert shown["database"]["level"] == "ok"


def test_parts_that_are_missing_are_a_problem(data: Path) -> None:
    model = ("--set", "model=m", "--set", "model_base_url=http://127.0.0.1:9")
    shown = findings("--data-dir", data, *model, "--set", "embedder=sentence-transformers:none")

    assert shown["reflections"]["level"] == "problem"
    assert "REFLECT_MODEL_BASE_URL" in shown["reflections"]["remedy"]
    assert shown["embedder"]["level"] == "problem"


def test_attempts_that_end_before_the_model_does_are_warned_of(data: Path) -> None:
    limits = ("--set", "ingest_timeout=30", "--set", "model_timeout=60")
    model = ("--set", "model=m", "--set", "model_base_url=http://127.0.0.1:9")
    result = reflect("doctor", "--json", "--data-dir", data, "--port", 0, *model, *limits)

    shown = [f for f in json.loads(result.stdout) if f["check"] == "reflections"]
    assert [finding["level"] for finding in shown] == ["warning", "problem"]
    assert "REFLECT_INGEST_TIMEOUT" in shown[0]["remedy"]


class WithoutModels(http.server.BaseHTTPRequestHandler):
    """
    An endpoint that has no list of models.
    """

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *arguments: Any) -> None:
        pass


def test_a_model_whose_endpoint_answers_is_well(data: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), WithoutModels) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        finding = findings("--data-dir", data, REFLECT_MODEL="m", REFLECT_MODEL_BASE_URL=address)[
            "reflections"
        ]
        answering.join()

    assert finding["level"] == "ok"
    assert "the model m" in finding["found"]


def test_a_port_that_is_taken_is_a_problem(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = findings("--data-dir", data, "--port", taken.getsockname()[1])["port"]

    assert finding["level"] == "problem"
    assert "--port" in finding["remedy"]


def test_a_disk_without_room_is_a_problem(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "LEAST_FREE_BYTES", 1 << 62)
    assert findings("--data-dir", data)["disk"]["level"] == "problem"
    monkeypatch.setattr(surroundings, "LEAST_FREE_BYTES", 0)
    monkeypatch.setattr(surroundings, "FEW_FREE_BYTES", 1 << 62)
    assert findings("--data-dir", data)["disk"]["level"] == "warning"


def test_settings_that_invite_strangers_are_warned_of(data: Path) -> None:
    shown = findings("--data-dir", data, "--host", "0.0.0.0", REFLECT_BOOTSTRAP_TOKEN="short")

    assert shown["address"]["level"] == "warning"
    assert shown["bootstrap token"]["level"] == "warning"
    shown = findings("--data-dir", data, REFLECT_METRICS_TOKEN="short")
    assert shown["metrics token"]["level"] == "warning"
    assert findings("--data-dir", data, "--host", "0.0.0.0")["keys"]["level"] == "problem"


def test_a_file_of_settings_that_others_can_read_is_warned_of(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "reflect.toml"
    file.write_text('bootstrap_token = "a-token-of-some-length"\n')
    file.chmod(0o644)

    assert findings("--config", file, "--data-dir", data)["settings"]["level"] == "warning"
    file.chmod(0o600)
    assert findings("--config", file, "--data-dir", data)["settings"]["level"] == "ok"


def test_all_settings_that_cannot_be_used_are_named_at_once(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    file = tmp_path / "reflect.toml"
    file.write_text('log_level = "loud"\nprot = 8000\nbootstrap_token = ["a-secret"]\n')
    options = ("--config", file, "--port", 70000, "--set", "embedder=open")

    result = reflect("doctor", *options, Q_LEARNING_ALPHA="2")

    assert result.exit_code == 1
    assert result.stdout.replace(str(tmp_path), "…") == snapshot


def test_changes_without_a_value_are_named_at_once() -> None:
    result = reflect("doctor", "--json", "--set", "port", "--set", "host")

    remedies = [finding["remedy"] for finding in json.loads(result.stdout)]
    assert remedies == ["Write `--set port=VALUE`.", "Write `--set host=VALUE`."]


def test_a_variable_that_sets_nothing_is_warned_of(data: Path) -> None:
    options = ("--json", "--data-dir", data, "--port", 0)
    unknown = {"REFLECT_PROT": "1", "REFLECT_Q_LEARNING_ALPHA": "0.5", "REFLECT_ZZZ": "1"}

    result = reflect("doctor", *options, REFLECT_API_URL="http://localhost", **unknown)

    found = {
        finding["found"].split(" ")[0]: (finding["level"], finding["remedy"])
        for finding in json.loads(result.stdout)
        if finding["check"] == "settings" and finding["level"] != "ok"
    }
    assert found == {
        "`REFLECT_PROT`": ("warning", "Set `REFLECT_PORT` if that was meant."),
        "`REFLECT_Q_LEARNING_ALPHA`": ("warning", "Set `Q_LEARNING_ALPHA` if that was meant."),
        "`REFLECT_ZZZ`": ("warning", "`reflect config` lists them."),
    }


def test_a_broken_installation_reads_well(
    data: Path, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    lose_the_secret(data)
    flip_a_page(data)

    result = reflect("doctor", "--data-dir", data, "--port", 0)

    varying = ("✓ python", "✓ port", "✓ disk")
    lines = [line for line in result.stdout.splitlines() if not line.startswith(varying)]
    text = "\n".join(lines).replace(str(tmp_path), "…")
    assert re.sub(r"(is damaged|cannot be read) \(.*\)", "is damaged", text) == snapshot
