"""
What the commands say in an environment that has the client alone.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT_TYPER = "import sys; sys.modules['typer'] = None; "
REFLECT = "from reflect_cli.main import main; main()"
PYTHON_M = "import runpy; runpy.run_module('reflect_server', run_name='__main__')"


@pytest.mark.parametrize("command", [REFLECT, PYTHON_M], ids=["reflect", "python -m"])
def test_a_command_without_its_parts_says_in_one_line_what_to_install(command: str):
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_TYPER + command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "The server's parts are not installed (there is no module `typer`). "
        'Install them with: pip install "reflect-sdk[server]"\n'
    )
