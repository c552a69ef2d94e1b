"""
All checks, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from reflect_server.configuration.sources import Configuration
from reflect_server.maintenance.doctor.findings import Check, Finding, problem
from reflect_server.maintenance.doctor.folder import check_database, check_folder, check_secret
from reflect_server.maintenance.doctor.surroundings import (
    check_disk,
    check_embedder,
    check_interpreter,
    check_port,
    check_reflector,
    check_safety,
    check_sources,
)


def examine(configuration: Configuration) -> Iterator[Finding]:
    """
    Check an installation, and yield each finding as soon as it is known.

    Args:
        configuration: The settings of its server.
    """
    checks: tuple[Check, ...] = (
        check_interpreter,
        partial(check_sources, configuration.file),
        check_safety,
        check_folder,
        check_disk,
        check_database,
        check_secret,
        check_port,
        check_embedder,
        check_reflector,
    )
    for check in checks:
        try:
            yield from check(configuration.settings)
        except PermissionError as error:
            yield problem(
                "permissions",
                f"This user may not look at {error.filename}.",
                "Run this as the user that runs the server.",
            )
        except Exception as error:  # noqa: BLE001 - one broken thing must not hide the others
            yield problem(
                "doctor",
                f"A check failed with an unexpected {type(error).__name__}: {error}",
                "Mend the other findings and run this again; report it if it stays.",
            )
