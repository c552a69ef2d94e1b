"""
Use an installation of a wheel as its users would.

Run by the Python of a fresh environment, outside of the working tree:
`python -I check_installation.py VERSION EXTRAS`, with an empty text where no extra is installed.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

BARE = ("reflect_api", "reflect_sdk", "reflect_cli", "reflect_server")
WITH_SERVER = ("reflect_contract", "reflect_server.serving.composition")


def check_package(name: str) -> None:
    """
    Import a package, which must be of this environment and typed.
    """
    importlib.import_module(name)
    top = Path(sys.modules[name.partition(".")[0]].__file__ or "").parent
    assert top.is_relative_to(sys.prefix), f"{name} comes from {top}, not from {sys.prefix}."
    assert (top / "py.typed").exists(), f"{top} has no py.typed."


def check_command(version: str) -> None:
    """
    Ask the command for its version.
    """
    reflect = Path(sys.prefix) / "bin" / "reflect"
    said = subprocess.run([reflect, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    assert said.stdout == f"reflect {version}\n", said


def check_loop() -> None:
    """
    Record a run on a server of this installation, and find what it taught.
    """
    from reflect_sdk import ReflectClient
    from reflect_server.testing import running_server

    with (
        running_server() as (base_url, api_key),
        ReflectClient(base_url=base_url, api_key=api_key) as client,
    ):
        task = "How many orders did we ship in March?"
        client.create_trace_and_wait(
            task=task,
            trajectory="A count.",
            review_result="fail",
            feedback_text="Only shipped ones.",
        )
        (memory,) = client.query_memories(task)
        assert "Only shipped ones." in memory.guidance, memory


def main(version: str, extras: str) -> None:
    """
    Check one installation.

    Args:
        version: What it must be.
        extras: The extras that it has, with commas between.
    """
    assert metadata.version("reflect-sdk") == version, metadata.version("reflect-sdk")
    check_command(version)
    for package in (*BARE, *(WITH_SERVER if extras else ())):
        check_package(package)
    if extras:
        check_loop()
    print(f"reflect-sdk {version} works with {extras or 'no extras'}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
