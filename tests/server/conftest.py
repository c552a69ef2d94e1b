"""
A real server for all tests of a session, and a project of its own for each test.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from reflect_server.testing import RunningServer, running_server

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
