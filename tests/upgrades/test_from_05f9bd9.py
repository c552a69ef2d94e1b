"""
What commit 05f9bd9 wrote can be opened, and its client and server get on with today's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reflect_server.testing import ServerProcess, running_server

from .conftest import UNMEASURED, run_scenario

SEEN = {
    "health": {"status": "ok"},
    "created": ["reviewed", "completed", True],
    "reviewed": ["reviewed", "completed"],
    "read": {"source": "eval"},
    "listed": 2,
    "pages": 2,
    "given": 2,
    "moved": True,
    "decorated": "42 to How many?",
    "guidance": True,
    "augmented": 2,
    "awaited": "reviewed",
    "memories": True,
    "history": True,
    "retried": [],
    "skill": [1, True],
    "missing": 404,
    "reviewed twice": 409,
    "keys": ["active"],
    "revoked": "revoked",
    "deleted": True,
    "project deleted": True,
}


def asked(http: httpx.Client, question: dict[str, Any]) -> Any:
    answer = http.request(question["method"], question["path"], json=question.get("body"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def known_to_both(answer: Any, before: Any) -> Any:
    """
    Leave out of an answer the fields that the version before did not have.
    """
    if isinstance(answer, dict) and isinstance(before, dict):
        return {name: known_to_both(answer.get(name), value) for name, value in before.items()}
    if isinstance(answer, list) and isinstance(before, list) and len(answer) == len(before):
        return [known_to_both(*pair) for pair in zip(answer, before, strict=True)]
    return answer


def test_a_data_folder_of_the_version_before_opens_with_equal_answers(
    old_folder: Path, record: dict[str, Any]
):
    server = ServerProcess(old_folder)
    try:
        key = {"Authorization": f"Bearer {record['keys']['master']}"}
        with httpx.Client(base_url=server.base_url, headers=key, timeout=30) as http:
            for question in record["answers"]:
                answer = known_to_both(asked(http, question), question["answer"])
                assert answer == question["answer"], question["path"]
    finally:
        server.stop()


def test_what_waited_in_the_version_before_is_ingested(old_folder: Path, record: dict[str, Any]):
    server = ServerProcess(old_folder)
    try:
        key = {"Authorization": f"Bearer {record['keys']['waiting']}"}
        path = f"/v1/projects/waiting/traces/{record['waiting_trace_id']}"
        with httpx.Client(base_url=server.base_url, headers=key, timeout=30) as http:
            trace = http.get(path, headers={"Prefer": "wait=20"}).json()
            assert trace["review_status"] == "reviewed"
            assert trace["created_memory_id"] is not None
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("holder", "status"), [("shop", 200), ("shop, revoked", 401), ("waiting", 403)]
)
def test_keys_of_the_version_before_allow_what_they_did(
    old_folder: Path, record: dict[str, Any], holder: str, status: int
):
    server = ServerProcess(old_folder)
    try:
        key = {"Authorization": f"Bearer {record['keys'][holder]}"}
        answer = httpx.get(f"{server.base_url}/v1/projects/shop/traces", headers=key)
        assert answer.status_code == status
    finally:
        server.stop()


def test_the_client_of_the_version_before_gets_on_with_todays_server(old_code: Path):
    with running_server() as (base_url, api_key):
        within = (*UNMEASURED, f"PYTHONPATH={old_code}")
        saw = run_scenario(base_url, api_key, "shop", within=within)
    assert Path(saw.pop("package")).is_relative_to(old_code)
    assert saw == SEEN


def test_todays_client_gets_on_with_the_server_of_the_version_before(
    old_code: Path, tmp_path: Path
):
    within = (*UNMEASURED, f"PYTHONPATH={old_code}")
    server = ServerProcess(tmp_path / "data", within=within)
    try:
        saw = run_scenario(server.base_url, server.first_key or "", "shop")
    finally:
        server.stop()
    assert not Path(saw.pop("package")).is_relative_to(old_code)
    assert saw == SEEN
