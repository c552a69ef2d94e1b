"""
Export and import: everything of a project, exact, from one data folder into another.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from reflect_server.commands.transfer import writing
from reflect_server.domain.trace import TraceFilter
from reflect_server.store.sqlite import SqliteStore, schema, transfer
from reflect_server.store.sqlite.rows import LEFT_OUT, tables
from reflect_server.testing import RunningServer, running_server

from .commands import reflect, says_one_thing

REFLECTION = {"summary": "Über ☃ \u0000 it", "guidance": "Do it"}


def use(server: RunningServer, project_id: str) -> None:
    """
    Leave something in every table of the project.
    """
    with httpx.Client(
        base_url=f"{server.base_url}/v1/projects/{project_id}",
        headers={"Authorization": f"Bearer {server.api_key}"},
        timeout=30,
    ) as http:

        def post(path: str, **body: Any) -> Any:
            answer = http.post(path, json=body, headers={"Idempotency-Key": str(len(body))})
            assert answer.status_code == 200, answer.text
            return answer.json()

        review = {"result": "fail", "feedback_text": "No.", "alpha": 0.1, "reflection": REFLECTION}
        for number in range(6):
            body = {"task": f"task {number}", "trajectory": [{"n": [1e-7, 2**70, None]}]}
            http.post("/traces", json={**body, "metadata": {"n": number}, "review": review})
        memories = [memory["id"] for memory in http.get("/memories").json()]
        post(
            "/traces",
            task="uses",
            trajectory="text",
            retrieved_memory_ids=memories,
            review={"result": "pass"},
            model="m",
        )
        early = {"Prefer": "respond-async"}
        kept = http.post(
            "/traces/0000-to-come-later/review", json={"result": "pass"}, headers=early
        )
        assert kept.status_code == 202, kept.text
        post("/skill/create")
        deleted = [trace["id"] for trace in http.get("/traces", params={"limit": 2}).json()]
        post("/traces/delete", trace_ids=deleted)
        post("/api-keys", label="k", scopes=["trace:read"])


def rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(SqliteStore(folder)) as store:
        connection = store._connection
        return {
            table.name: sorted(connection.execute(f"SELECT * FROM {table.name}"), key=repr)
            for table in tables(connection)
        }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transfer") / "data"
    with running_server(data_dir=folder) as server:
        use(server, "shop")
        use(server, "bank")
        result = reflect("export", folder.parent / "running.jsonl", "--data-dir", folder)
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def exported(data: Path) -> str:
    result = reflect("export", "--data-dir", data)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_everything_comes_back_exactly(data: Path, exported: str, tmp_path: Path) -> None:
    result = reflect("import", "-", "--data-dir", tmp_path / "new", text=exported)

    assert result.exit_code == 0, result.output
    assert rows(tmp_path / "new") == rows(data)
    assert (
        reflect("export", "--data-dir", tmp_path / "new").stdout.splitlines()[1:]
        == (exported.splitlines()[1:])
    )


def test_every_table_of_projects_is_part_of_it(data: Path, exported: str) -> None:
    exported_tables = {json.loads(line).get("table") for line in exported.splitlines()} - {None}
    with closing(SqliteStore(data)) as store:
        existing = {
            name
            for (name,) in store._connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
            )
        }

    assert existing - LEFT_OUT == exported_tables


def test_no_key_leaves_the_installation(exported: str) -> None:
    assert "secret_hash" not in exported
    assert "rf_live" not in exported


def test_a_server_that_runs_is_exported_at_one_moment(data: Path, tmp_path: Path) -> None:
    file = data.parent / "running.jsonl"

    result = reflect("import", file, "--data-dir", tmp_path / "new", "--json")

    assert json.loads(result.stdout) == {"projects": ["bank", "shop"]}
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_is_never_written_through_a_link(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("untouched")
    (tmp_path / "all.jsonl.partial").symlink_to(other)

    assert reflect("export", tmp_path / "all.jsonl", "--data-dir", data).exit_code == 0

    assert other.read_text() == "untouched"
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_project_joins_others_and_keeps_its_orders(
    data: Path, exported: str, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    for project in ("shop", "bank"):
        part = reflect("export", "--project", project, "--data-dir", data).stdout
        assert reflect("import", "-", "--data-dir", new, text=part).exit_code == 0

    def listed(folder: Path) -> dict[str, list[Any]]:
        with closing(SqliteStore(folder)) as store:
            return {
                project: [
                    store.read(lambda tx, p=project: tx.traces.page(p)),
                    store.read(lambda tx, p=project: tx.memories.page(p)),
                ]
                for project in ("shop", "bank")
            }

    assert listed(new) == listed(data)
    with running_server(data_dir=new) as server:
        use(server, "later")


def test_a_project_that_exists_is_not_touched(data: Path, exported: str) -> None:
    before = rows(data)

    result = reflect("import", "-", "--data-dir", data, text=exported)

    says_one_thing(result, "'bank' exists here already")
    assert rows(data) == before


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("traces", "project_id"),
        ("memories", "project_id"),
        ("skills", "project_id"),
        ("reviews", "trace_id"),
    ],
)
def test_rows_for_a_project_that_is_not_part_of_the_file_change_nothing(
    data: Path, tmp_path: Path, table: str, column: str
) -> None:
    new = tmp_path / "new"
    bank, shop = (
        reflect("export", "--project", project, "--data-dir", data).stdout
        for project in ("bank", "shop")
    )
    assert reflect("import", "-", "--data-dir", new, text=bank).exit_code == 0
    before = rows(new)
    kept = reflect("export", "--data-dir", new).stdout.splitlines()[1:-1]
    own = {json.loads(line)["table"]: json.loads(line)["row"] for line in kept}
    lines = shop.splitlines()
    number = next(n for n, line in enumerate(lines) if f'"table":"{table}"' in line)
    entry = json.loads(lines[number])
    entry["row"][column] = own["traces"]["id"] if column == "trace_id" else "bank"
    lines[number] = json.dumps(entry)

    result = reflect("import", "-", "--data-dir", new, text="\n".join(lines))

    says_one_thing(result, "Nothing was imported")
    assert rows(new) == before


def test_an_import_under_a_running_server_says_to_stop_it(exported: str, tmp_path: Path) -> None:
    with running_server(data_dir=tmp_path / "held"):
        result = reflect("import", "-", "--data-dir", tmp_path / "held", text=exported)

    says_one_thing(result, tmp_path / "held", "Stop the server, import, and start it again.")


def test_an_imported_project_is_used_with_new_keys(
    data: Path, exported: str, tmp_path: Path
) -> None:
    result = reflect("import", "-", "--data-dir", tmp_path / "new", text=exported)
    assert "make new ones" in result.stderr
    made = reflect("keys", "create", "--master", "--data-dir", tmp_path / "new").stdout.strip()
    with running_server(data_dir=tmp_path / "new") as server:
        answer = httpx.get(
            f"{server.base_url}/v1/projects/shop/memories",
            headers={"Authorization": f"Bearer {made}"},
        )
    assert len(answer.json()) == 5


def cut(text: str) -> str:
    return text[: len(text) // 2]


def without_a_line(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:3] + lines[4:])


def without_the_last_line(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (cut, "Line "),
        (without_a_line, "says that it has"),
        (without_the_last_line, "cut off"),
        (lambda _: "", "first line"),
        (lambda _: '{"format": "other"}\n', "not that of an export"),
        (lambda text: text.replace('"version":1', '"version":2', 1), "newer version"),
        (lambda text: text.replace('"table":"reviews"', '"table":"sqlite_schema"', 1), "fit"),
    ],
)
def test_what_is_no_whole_export_changes_nothing(
    exported: str, tmp_path: Path, change: Callable[[str], str], says: str
) -> None:
    result = reflect("import", "-", "--data-dir", tmp_path / "new", text=change(exported))

    says_one_thing(result, says)
    if (tmp_path / "new").exists():
        assert not any(rows(tmp_path / "new").values())


def test_exports_in_one_file_are_not_taken_for_one(exported: str, tmp_path: Path) -> None:
    result = reflect("import", "-", "--data-dir", tmp_path / "new", text=exported + exported)

    says_one_thing(result, "follows the last line", "Nothing was imported", "each from a file")
    assert (
        reflect("import", "-", "--data-dir", tmp_path / "new", text=exported + "\n").exit_code == 0
    )


@pytest.mark.parametrize(
    "entry",
    [
        "{}",
        "[]",
        '{"format": "reflect-export"}',
        '{"format": "reflect-export", "version": 1}',
        '{"format": "reflect-export", "version": 1, "schema_version": "2"}',
        '{"format": "reflect-export", "version": 1, "schema_version": 0}',
        '{"format": "reflect-export", "version": 1, "schema_version": -1}',
        "[" * 100_000,
    ],
)
def test_a_first_line_that_lacks_something_is_refused(
    exported: str, tmp_path: Path, entry: str
) -> None:
    text = exported.replace(exported.splitlines()[0], entry, 1)

    result = reflect("import", "-", "--data-dir", tmp_path / "new", text=text)

    says_one_thing(result, "first line")


EDITS: list[tuple[str, str, object]] = [
    ("traces", "seq", "a"),
    ("traces", "seq", None),
    ("traces", "seq", 2**70),
    ("trajectories", "trace_seq", 1.5),
    ("traces", "created_at", 2**62),
    ("traces", "created_at", "yesterday"),
    ("traces", "task", ["a"]),
    ("traces", "task", {"a": 1}),
    ("traces", "task", "\ud800"),
    ("traces", "metadata", "{"),
    ("traces", "metadata", "[]"),
    ("traces", "retrieved_memory_ids", "[1]"),
    ("trajectories", "messages", ""),
    ("reviews", "reflection", "{}"),
    ("reviews", "result", "perhaps"),
    ("memories", "reflection", "[]"),
    ("memories", "q_value", 2),
    ("memory_vectors", "vector", {"base64": "!"}),
    ("memory_vectors", "vector", {"base64": 5}),
    ("memory_vectors", "dimensions", 1),
    ("skills", "lines", "{}"),
]


@pytest.mark.parametrize(("table", "column", "value"), EDITS)
def test_an_export_with_a_value_that_means_nothing_changes_nothing(
    exported: str, tmp_path: Path, table: str, column: str, value: object
) -> None:
    lines = exported.splitlines()
    number = next(n for n, line in enumerate(lines) if f'"table":"{table}"' in line)
    entry = json.loads(lines[number])
    entry["row"][column] = value
    lines[number] = json.dumps(entry)

    result = reflect("import", "-", "--data-dir", tmp_path / "new", text="\n".join(lines))

    says_one_thing(result, "Nothing was imported")
    if (tmp_path / "new").exists():
        assert not any(rows(tmp_path / "new").values())


def test_an_export_is_utf_8_whatever_the_language_of_the_machine(
    data: Path, exported: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "reflect_server"]
    new = ("--data-dir", str(tmp_path / "new"))
    env = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "REFLECT_CONFIG": ""}

    written = subprocess.run(
        [*command, "export", "--data-dir", str(data)], env=env, capture_output=True, check=True
    )
    subprocess.run([*command, "import", "-", *new], env=env, input=written.stdout, check=True)

    assert written.stdout.decode().splitlines()[1:] == exported.splitlines()[1:]
    assert rows(tmp_path / "new") == rows(data)


def test_an_export_of_an_older_version_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = schema.migrations()
    older = scripts[: next(n for n, sql in enumerate(scripts) if "TABLE trace_facts" in sql)]
    output = io.StringIO()
    with monkeypatch.context() as patch:
        for module in (schema, transfer):
            patch.setattr(module, "migrations", lambda: older)
        patch.setattr("reflect_server.store.sqlite.snapshot.migrations", lambda: older)
        with closing(SqliteStore(tmp_path / "old")) as store:
            execute = store._connection.execute
            execute("INSERT INTO projects (id, created_at) VALUES ('p', 0)")
            execute(
                "INSERT INTO traces (seq, id, project_id, ingest_status, ingest_attempts, "
                "created_at, retrieved_memory_ids, task, final_response, metadata) VALUES "
                "(1, 't', 'p', 'completed', 0, 0, '[]', 'x', '', '{\"n\": 1.0}')"
            )
            execute("INSERT INTO trajectories VALUES (1, '[]')")
        transfer.export(tmp_path / "old", output, count=lambda _: None)

    def is_private(_: int) -> None:
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new").iterdir())

    transfer.import_(
        tmp_path / "new", output.getvalue().splitlines(keepends=True), count=is_private
    )

    with closing(SqliteStore(tmp_path / "new")) as store:
        wanted = TraceFilter(metadata={"n": 1})
        assert [t.id for t in store.read(lambda tx: tx.traces.page("p", wanted=wanted))] == ["t"]
    assert not list((tmp_path / "new").glob("import*"))


def test_of_two_exports_at_once_to_one_file_each_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"

    with writing(file) as first:
        first.write("a longer beginning")
        with writing(file) as second:
            second.write("whole")
        assert file.read_text() == "whole"
        first.write(", and its end")

    assert file.read_text() == "a longer beginning, and its end"
    assert list(tmp_path.iterdir()) == [file]


def test_files_that_cannot_be_used_are_named(data: Path, tmp_path: Path) -> None:
    binary = tmp_path / "packed.gz"
    binary.write_bytes(b"\x1f\x8b\xff" * 100)
    new = ("--data-dir", tmp_path / "new")

    says_one_thing(reflect("import", tmp_path / "missing", *new), "missing", "cannot be read")
    says_one_thing(reflect("import", binary, *new), "unpacked")
    says_one_thing(
        reflect("export", tmp_path / "nowhere" / "file", "--data-dir", data), "cannot be written"
    )
    file = tmp_path / "all.jsonl"
    assert reflect("export", file, "--data-dir", data).stdout.startswith("Wrote ")
    assert reflect("import", file, *new).stdout.startswith("Stored 2 projects")


@pytest.mark.parametrize(
    ("line", "says"),
    [("[1]", "Line 2"), ('{"other": 1}', "Line 2"), ('{"table": "x", "row": {}}', "'x'")],
)
def test_lines_that_are_no_rows_are_refused(
    exported: str, tmp_path: Path, line: str, says: str
) -> None:
    header = exported.splitlines()[0]

    for text in (header, header.replace('"schema_version":', '"schema_version":1,"was":')):
        result = reflect("import", "-", "--data-dir", tmp_path / "n", text=f"{text}\n{line}\n")
        says_one_thing(result, "Nothing was imported")
        assert says in result.stderr or "own version" in result.stderr


def test_an_unknown_project_is_named(data: Path) -> None:
    says_one_thing(reflect("export", "--project", "nope", "--data-dir", data), "'nope'", "'shop'")
