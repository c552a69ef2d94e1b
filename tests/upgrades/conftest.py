"""
The version before: its data folder with its answers, and its code as a wheel.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures" / "05f9bd9"
UNMEASURED = ("env", "-u", "COVERAGE_PROCESS_CONFIG", "-u", "COVERAGE_PROCESS_START")
"""Runs a command whose code is not that of the working copy, of which coverage has no source."""


@pytest.fixture(scope="session")
def record() -> dict[str, Any]:
    """
    What the server of the version before answered, and the keys to ask it with.
    """
    found: dict[str, Any] = json.loads(gzip.decompress((FIXTURES / "answers.json.gz").read_bytes()))
    return found


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """
    A copy of the data folder of the version before.
    """
    folder = tmp_path / "old-data"
    with tarfile.open(FIXTURES / "data.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The packages of the version before; in `PYTHONPATH` they come before the installed ones.
    """
    folder = tmp_path_factory.mktemp("old-code")
    (wheel,) = FIXTURES.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_scenario(*arguments: str, within: tuple[str, ...] = ()) -> dict[str, Any]:
    """
    Run the scenario in a process of its own, and return what it saw.
    """
    script = Path(__file__).with_name("scenario.py")
    command = [*within, sys.executable, str(script), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    saw: dict[str, Any] = json.loads(result.stdout)
    return saw
