"""
What holds for all tests: none passes or fails by the clock of the machine, or leaves a process.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
