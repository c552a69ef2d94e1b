"""
`reflect retry` and its operation, with traces whose ingestion has failed.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from reflect_server.store.protocol.store import Transaction
from reflect_server.store.sqlite import SqliteStore
from reflect_server.testing import running_server

from .commands import reflect, says_one_thing


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """
    A data folder with two failed traces, in the projects `p` and `default`.
    """
    folder = tmp_path / "data"
    with running_server(data_dir=folder) as server:
        for project in ("p", "default"):
            answer = httpx.post(
                f"{server.base_url}/v1/projects/{project}/traces",
                headers={"Authorization": f"Bearer {server.api_key}"},
                json={"task": f"task of {project}", "trajectory": []},
            )
            trace_id = answer.json()["trace_id"]
            with closing(httpx.Client(base_url=server.base_url)) as http:
                http.headers["Authorization"] = f"Bearer {server.api_key}"
                path = f"/v1/projects/{project}/traces/{trace_id}"
                assert http.post(f"{path}/review", json={"result": "pass"}).status_code == 200
                http.get(path, headers={"Prefer": "wait=20"})
    with closing(SqliteStore(folder)) as store:

        def fail(tx: Transaction) -> None:
            execute = store._connection.execute
            execute("DELETE FROM memories")
            execute("UPDATE traces SET ingest_status = 'failed', last_ingest_error = 'Broken.'")

        store.write(fail)
    return folder


def statuses(folder: Path) -> dict[str, str]:
    with closing(SqliteStore(folder)) as store:
        pages = [store.read(lambda tx, p=p: tx.traces.page(p)) for p in ("p", "default")]
    return {trace.project_id: trace.ingest_status.value for page in pages for trace in page}


def test_without_a_server_the_next_start_ingests_them(data: Path) -> None:
    one = reflect("retry", "--project", "p", "--data-dir", data)
    assert statuses(data) == {"p": "queued", "default": "failed"}
    others = reflect("retry", "--data-dir", data, "--json")

    assert one.stdout == "Put 1 failed trace back into the queue.\n"
    assert len(json.loads(others.stdout)["retried_trace_ids"]) == 1
    with running_server(data_dir=data) as server, closing(httpx.Client()) as http:
        http.headers["Authorization"] = f"Bearer {server.api_key}"
        url = f"{server.base_url}/v1/projects/p"
        (trace,) = http.get(f"{url}/traces").json()
        trace = http.get(f"{url}/traces/{trace['id']}", headers={"Prefer": "wait=20"}).json()
        assert (trace["ingest_status"], trace["last_ingest_error"]) == ("completed", None)
        assert len(http.get(f"{url}/memories").json()) == 1


def test_a_server_is_asked_and_begins_at_once(data: Path) -> None:
    with running_server(data_dir=data) as server, closing(httpx.Client()) as http:
        without = reflect("retry", "--data-dir", data)
        wrong = reflect("retry", "--data-dir", data, REFLECT_API_KEY="rf_live_a_b")
        asked = reflect("retry", "--data-dir", data, "--json", REFLECT_API_KEY=server.api_key)
        assert asked.exit_code == 0, asked.output
        (trace_id,) = json.loads(asked.stdout)["retried_trace_ids"]
        trace = http.get(
            f"{server.base_url}/v1/projects/default/traces/{trace_id}",
            headers={"Authorization": f"Bearer {server.api_key}", "Prefer": "wait=20"},
        ).json()

    says_one_thing(without, "REFLECT_API_KEY")
    says_one_thing(wrong, "refuses", "not one of this service")
    assert trace["ingest_status"] == "completed"


def test_a_folder_without_a_database_is_named(tmp_path: Path) -> None:
    says_one_thing(reflect("retry", "--data-dir", tmp_path), tmp_path, "reflect.db")
