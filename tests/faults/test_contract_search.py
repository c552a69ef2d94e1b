"""
Searches for requests that a running server answers otherwise than the contract says.

The long version is `nox -s faults`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reflect_server.testing import running_server

HERE = Path(__file__).parent
CONTRACT = HERE.parents[1] / "openapi.yaml"
TOKEN = "a-token-for-tests"
EXAMPLES = os.environ.get("REFLECT_EXAMPLES", "3")


def search(folder: Path, address: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(HERE / "schemathesis.toml"), "run", str(CONTRACT)),
            *("--url", address, "--max-examples", EXAMPLES),
            *("--workers", "2", "--request-timeout", "60", "--no-color", *options),
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
