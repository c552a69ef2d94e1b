"""
What holds for all tests: none passes or fails by chance or by the clock, or leaves a process.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

LONGEST_START = 60.0
SLOW = (HealthCheck.too_slow,)
settings.register_profile("repeatable", deadline=None, suppress_health_check=SLOW, derandomize=True)
settings.register_profile(
    "quick", deadline=None, suppress_health_check=SLOW, derandomize=True, max_examples=10
)
settings.register_profile("search", deadline=None, suppress_health_check=SLOW, max_examples=2000)
settings.load_profile("repeatable")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """
    Say what to do about a text that is no longer that of its snapshot.
    """
    failed = terminalreporter.getreports("failed")
    files = {report.location[0] for report in failed if "[- snapshot]" in report.longreprtext}
    if files:
        terminalreporter.write_line(
            "Where the new text is right: `pytest --snapshot-update "
            f"{' '.join(sorted(files))}`, and look at what changed with `git diff`."
        )


@pytest.fixture(scope="session")
def until_ready() -> Callable[[str], None]:
    """
    Wait until the server at an address has loaded all it needs, which may be after it has started.
    """

    def wait(base_url: str) -> None:
        end = time.monotonic() + LONGEST_START
        with httpx.Client(base_url=base_url) as client:
            while client.get("/ready").status_code == 503:
                assert time.monotonic() < end, f"The server is not ready after {LONGEST_START} s."

    return wait


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """
    Start processes as `subprocess.Popen` does; those that still run after the test are killed.
    """
    with ExitStack() as ending:

        def spawned(command: list[str], **options: Any) -> subprocess.Popen[str]:
            process = ending.enter_context(subprocess.Popen(command, text=True, **options))
            ending.callback(process.kill)
            return process

        yield spawned
