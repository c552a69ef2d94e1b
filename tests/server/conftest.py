"""
A real server for all tests of a session, and a project of its own for each test.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from reflect_server.store.sqlite import SqliteStore, backup
from reflect_server.testing import RunningServer, ServerProcess, running_server

from .projects import Project

BOOTSTRAP_TOKEN = "a-token-for-tests"


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    with running_server(env={"REFLECT_BOOTSTRAP_TOKEN": BOOTSTRAP_TOKEN}) as running:
        yield running


@pytest.fixture
def project(server: RunningServer) -> Iterator[Project]:
    with ExitStack() as closing:
        yield Project(server, f"project-{uuid.uuid4().hex}", server.api_key, closing)


@pytest.fixture
def other_project(project: Project) -> Project:
    return project.named(f"other-{uuid.uuid4().hex}")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """
    The data folder of `own_server`.
    """
    return tmp_path / "data"


@pytest.fixture
def own_server(data: Path) -> Iterator[ServerProcess]:
    """
    A server for one test alone, which may break its folder.
    """
    started = ServerProcess(data)
    try:
        yield started
    finally:
        started.kill()


@pytest.fixture
def http(own_server: ServerProcess) -> Iterator[httpx.Client]:
    """
    The project `p` of `own_server`.
    """
    with httpx.Client(
        base_url=f"{own_server.base_url}/v1/projects/p",
        headers={"Authorization": f"Bearer {own_server.first_key}"},
        timeout=60,
    ) as client:
        yield client


@pytest.fixture
def saved(data: Path, tmp_path: Path) -> Path:
    """
    A backup of a folder without a server.
    """
    SqliteStore(data).close()
    (data / "secret.key").write_text("00" * 32)
    backup.back_up(data, tmp_path / "saved", secret_name="secret.key")
    return tmp_path / "saved"


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """
    A backup of another installation.
    """
    folder = tmp_path / "another installation"
    with closing(SqliteStore(folder)) as store:
        store.write(lambda tx: tx.projects.create("another", created_at=datetime.now(UTC)))
    (folder / "secret.key").write_text("11" * 32)
    backup.back_up(folder, tmp_path / "another", secret_name="secret.key")
    return tmp_path / "another"
