import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reflect_server.domain.learning import evidence_of
from reflect_server.domain.memory import Evidence
from reflect_server.domain.trace import TraceFilter
from reflect_server.errors import StoreError
from reflect_server.store.protocol.store import Transaction
from reflect_server.store.sqlite import SqliteStore, schema

NOW = datetime(2026, 1, 1, tzinfo=UTC)

WRITE_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from reflect_server.store.sqlite import SqliteStore

store, numbers, output = SqliteStore(Path(sys.argv[1])), count(), Lock()

def write():
    for number in numbers:
        name = f"project-{number}"
        store.write(lambda tx: tx.projects.create(name, created_at=datetime.now(UTC)))
        with output:
            print(name, flush=True)

for _ in range(4):
    Thread(target=write).start()
"""

WRITE_TO_A_FULL_DISK = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from reflect_server.domain.trace import TraceFilter
from reflect_server.errors import StoreError
from reflect_server.store.sqlite import SqliteStore

def create(name):
    store.write(lambda tx: tx.projects.create(name, created_at=datetime.now(UTC)))

store = SqliteStore(Path(sys.argv[1]))
create("before")
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
size = (Path(sys.argv[1]) / "reflect.db-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
try:
    create("during")
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
create("after")
store.close()
"""


@contextmanager
def opened(folder: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(folder)) as store:
        yield store


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        SqliteStore(folder)
    return str(caught.value)


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, str(folder)], check=False, capture_output=True, text=True
    )


def exists(store: SqliteStore, project_id: str) -> bool:
    return store.read(lambda tx: tx.projects.exists(project_id))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """
    The file of a store that was closed, with some content.
    """
    with opened(tmp_path / "data") as store:

        def fill(tx: Transaction) -> None:
            for number in range(2000):
                tx.projects.create(f"a project with the long name {number}", created_at=NOW)

        store.write(fill)
    return tmp_path / "data" / "reflect.db"


def test_a_missing_folder_is_made_for_its_owner(tmp_path: Path):
    folder = tmp_path / "some" / "where"
    with opened(folder):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_closed_store_leaves_one_database_file(database: Path):
    assert {file.name for file in database.parent.iterdir()} == {"reflect.db", "reflect.lock"}


def test_a_second_server_is_refused_until_the_first_ends(tmp_path: Path):
    with opened(tmp_path):
        assert f"The data folder {tmp_path} is in use by another process" in refusal(tmp_path)
    with opened(tmp_path):
        pass


def test_a_server_in_another_process_is_noticed(tmp_path: Path):
    with opened(tmp_path):
        other = run(WRITE_UNTIL_KILLED, tmp_path)
    assert other.returncode == 1
    assert f"The data folder {tmp_path} is in use by another process" in other.stderr


@contextmanager
def no_right_to_write(file: Path) -> Iterator[None]:
    """
    Take the right to write a file away, also where the tests run as root.
    """
    file.chmod(0o444)
    is_root = os.getuid() == 0
    if is_root:
        os.setreuid(65534, -1)
    try:
        yield
    finally:
        if is_root:
            os.setreuid(0, -1)


def test_a_lock_that_can_only_be_read_is_refused_as_it_would_hold_nothing(tmp_path: Path):
    SqliteStore(tmp_path).close()

    with no_right_to_write(tmp_path / "reflect.lock"), pytest.raises(StoreError, match="read and"):
        SqliteStore(tmp_path)


def test_a_folder_below_a_file_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("mine")
    assert "cannot be written (Not a directory)" in refusal(file / "data")
    assert "cannot be written" in refusal(file)
    assert file.read_text() == "mine"


def test_a_folder_in_the_place_of_the_database_is_refused(tmp_path: Path):
    (tmp_path / "reflect.db").mkdir()
    assert "cannot be opened" in refusal(tmp_path)


def test_a_refusal_lets_go_of_the_folder(tmp_path: Path):
    (tmp_path / "reflect.db").write_bytes(b"garbage")
    refusal(tmp_path)
    (tmp_path / "reflect.db").unlink()
    with opened(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"garbage", b"\0" * 5000, b"SQLite format 3\0"])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, content: bytes):
    (tmp_path / "reflect.db").write_bytes(content)
    assert "is not a database" in refusal(tmp_path)
    assert (tmp_path / "reflect.db").read_bytes() == content


def test_a_database_of_another_program_is_refused_and_kept(tmp_path: Path):
    file = tmp_path / "reflect.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    content = file.read_bytes()
    assert "is a database of another program" in refusal(tmp_path)
    assert file.read_bytes() == content


def test_a_newer_database_is_refused_and_kept(database: Path):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 1000")
    content = database.read_bytes()
    assert "has schema version 1000" in refusal(database.parent)
    assert database.read_bytes() == content


def test_an_older_database_is_migrated_with_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = schema.migrations()[:1]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: first)
        with opened(tmp_path) as store:
            store.write(lambda tx: tx.projects.create("old", created_at=NOW))
    monkeypatch.setattr(schema, "migrations", lambda: [*first, "CREATE TABLE added (x);"])
    with opened(tmp_path) as store:
        assert exists(store, "old")
    with closing(sqlite3.connect(tmp_path / "reflect.db")) as connection:
        assert connection.execute("SELECT count(*) FROM added").fetchone() == (0,)
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_traces_of_an_older_database_are_found_by_their_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scripts = schema.migrations()
    earlier = scripts[: next(n for n, sql in enumerate(scripts) if "TABLE trace_facts" in sql)]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: earlier)
        with opened(tmp_path):
            pass
    with closing(sqlite3.connect(tmp_path / "reflect.db")) as connection, connection:
        connection.execute("INSERT INTO projects VALUES ('p', 0)")
        connection.execute(
            "INSERT INTO traces (seq, id, project_id, ingest_status, ingest_attempts, created_at, "
            "retrieved_memory_ids, task, final_response, metadata) VALUES "
            "(1, 't', 'p', 'completed', 0, 0, '[]', 'x', '', '{\"n\": 1.0, \"a\": [true]}')"
        )
        connection.execute("INSERT INTO trajectories VALUES (1, '[]')")
    with opened(tmp_path) as store:
        for metadata, found in [({"n": 1}, ["t"]), ({"n": 1, "a": [True]}, ["t"]), ({"n": 2}, [])]:
            wanted = TraceFilter(metadata=metadata)
            traces = store.read(lambda tx, wanted=wanted: tx.traces.page("p", wanted=wanted))
            assert [trace.id for trace in traces] == found


def test_a_database_from_before_evidence_was_kept_has_it_counted_from_its_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scripts = schema.migrations()
    earlier = scripts[: next(n for n, sql in enumerate(scripts) if "evidence_changed" in sql)]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: earlier)
        with opened(tmp_path):
            pass
    with closing(sqlite3.connect(tmp_path / "reflect.db")) as connection:
        connection.executescript(
            """
            INSERT INTO projects VALUES ('p', 0);
            INSERT INTO traces (
                seq, id, project_id, ingest_status, ingest_attempts, created_at,
                retrieved_memory_ids, task, final_response, metadata
            ) VALUES (1, 't', 'p', 'completed', 0, 0, '[]', 'x', '', '{}');
            INSERT INTO memories VALUES
                (1, 'm', 'p', 't', 1, 0.5, 0, 'x', '{"summary":"s","guidance":"g"}', '{}');
            INSERT INTO q_value_events VALUES
                (1, 'a', 'm', 't', 'r', 'pass', 0.3, 1, 0.5, 0.65, 5),
                (2, 'b', 'm', 't', 's', 'fail', 0.15, 0.5, 0.65, 0.6, 7);
            """
        )
    with opened(tmp_path) as store:
        evidence = store.read(lambda tx: tx.memories.get_many("p", ["m"]))["m"].evidence
        events = store.read(lambda tx: tx.memories.history("m"))
        total = store.read(lambda tx: tx.projects.evidence("p"))
    assert evidence == evidence_of(events) == Evidence(2, 1.0, 0.25, events[-1].created_at)
    assert total == Evidence(2, 1.0, 0.25)


def test_a_migration_that_fails_changes_nothing(database: Path, monkeypatch: pytest.MonkeyPatch):
    scripts = [*schema.migrations(), "CREATE TABLE added (x); SELECT nonsense;"]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: scripts)
        assert "no such column: nonsense" in refusal(database.parent)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(scripts) - 1,)
    with opened(database.parent):
        pass


def damage_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff" * 8192 + content[middle + 8192 :]


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damage_schema(content: bytes) -> bytes:
    return content[:100] + b"\xff" * 3000 + content[3100:]


@pytest.mark.parametrize("damage", [damage_middle, cut_short, damage_schema])
def test_a_damaged_database_is_refused_and_kept(database: Path, damage: Callable[[bytes], bytes]):
    damaged = damage(database.read_bytes())
    database.write_bytes(damaged)
    message = refusal(database.parent)
    assert "is damaged" in message
    assert "\n" not in message
    assert database.read_bytes() == damaged


def test_an_empty_file_becomes_a_database(tmp_path: Path):
    (tmp_path / "reflect.db").touch()
    with opened(tmp_path) as store:
        assert not exists(store, "p")


def test_what_was_acknowledged_survives_a_kill(
    tmp_path: Path, spawn: Callable[..., subprocess.Popen[str]]
):
    process = spawn(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    acknowledged += rest.split("\n")[:-1]
    with opened(tmp_path) as store:
        assert [name for name in acknowledged if not exists(store, name)] == []


def test_a_failed_commit_is_reported_and_the_database_stays_usable(tmp_path: Path):
    done = run(WRITE_TO_A_FULL_DISK, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing of the request was stored" in done.stdout
    with opened(tmp_path) as store:
        stored = [name for name in ("before", "during", "after") if exists(store, name)]
    assert stored == ["before", "after"]


def test_migrations_are_numbered_without_gaps_and_without_twins():
    folder = Path(schema.__file__).parent / "migrations"
    numbers = [int(path.name[:4]) for path in sorted(folder.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_a_long_read_keeps_from_being_erased_is_told_and_erased_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("reflect_server.store.sqlite.database.LONGEST_ERASURE", 0.01)
    log = tmp_path / "reflect.db-wal"
    with opened(tmp_path) as store:
        store.write(lambda tx: tx.projects.create("a-secret", created_at=NOW))
        with closing(schema.connect(tmp_path / "reflect.db")) as backup:
            backup.execute("BEGIN")
            backup.execute("SELECT count(*) FROM projects").fetchone()
            store.write(lambda tx: tx.projects.delete("a-secret"))
            store.erase()
            assert b"a-secret" in log.read_bytes()
            assert "what was deleted stays" in caplog.text
        store.erase()
        assert log.read_bytes() == b""
