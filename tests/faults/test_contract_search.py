"""
Searches for requests that a running server answers otherwise than the contract says.

The long version is `nox -s faults`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from reflect_server.testing import running_server

HERE = Path(__file__).parent
CONTRACT = HERE.parents[1] / "openapi.yaml"
TOKEN = "a-token-for-tests"
FEW = ("--max-examples", "3", "--generation-deterministic")


CONFIG = HERE / "schemathesis.toml"
LASTING_SCOPES = (
    *("memory:read", "memory:write", "trace:read", "trace:write"),
    *("review:write", "skill:read", "skill:write"),
)


def examples() -> tuple[str, ...]:
    """
    Return how much is tried: the same few requests each time, or many that are always new.
    """
    number = os.environ.get("REFLECT_EXAMPLES")
    return ("--max-examples", number) if number else FEW


def search(
    folder: Path, address: str, *options: str, config: Path = CONFIG
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(config), "run", str(CONTRACT)),
            *("--url", address, *examples()),
            # Two threads that parse at once fail each other on Python 3.11 (cpython#106905).
            *("--workers", "1", "--request-timeout", "60", "--no-color", *options),
        ],
        cwd=folder,  # for its cache
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(3600)
def test_no_request_with_every_right_is_answered_otherwise_than_the_contract_says(tmp_path: Path):
    settings = {"REFLECT_BOOTSTRAP_TOKEN": TOKEN, "REFLECT_MAX_WAIT_SECONDS": "1"}
    with running_server(env=settings) as (address, key):
        found = search(
            tmp_path,
            address,
            "-H",
            f"Authorization: Bearer {key}",
            "-H",
            f"X-Bootstrap-Token: {TOKEN}",
        )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.timeout(3600)
def test_no_request_without_a_key_is_answered_otherwise_than_the_contract_says(tmp_path: Path):
    with running_server() as (address, _):
        found = search(tmp_path, address, "--phases", "examples,fuzzing")
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.timeout(3600)
def test_no_request_with_a_key_of_one_project_is_answered_otherwise_than_the_contract_says(
    tmp_path: Path,
):
    """
    The key has every scope but those that can end it: without them it lasts for the whole search.
    """
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[parameters]\nproject_id = "p"\n\n{CONFIG.read_text()}')
    with running_server(env={"REFLECT_MAX_WAIT_SECONDS": "1"}) as (address, master):
        with httpx.Client(
            base_url=f"{address}/v1/projects/p", headers={"Authorization": f"Bearer {master}"}
        ) as http:
            body = {"task": "t", "trajectory": [], "review": {"result": "pass"}}
            assert http.post("/traces", json=body).status_code == 200
            made = http.post("/api-keys", json={"label": "x", "scopes": LASTING_SCOPES}).json()
        found = search(
            tmp_path, address, "-H", f"Authorization: Bearer {made['api_key']}", config=config
        )
    assert found.returncode == 0, found.stdout + found.stderr
