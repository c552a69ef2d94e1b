"""
What the README tells people to type works.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reflect_server.testing import running_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMISED = "0.50  Count only rows whose shipped_at is set."
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_of_the_readme_runs_from_top_to_bottom(monkeypatch: pytest.MonkeyPatch):
    assert len(BLOCKS) >= 4
    with running_server() as server:
        monkeypatch.setenv("REFLECT_API_URL", server.base_url)
        monkeypatch.setenv("REFLECT_API_KEY", server.api_key)
        printed = [
            subprocess.run(
                [sys.executable, "-W", "error", "-c", block], check=True, stdout=subprocess.PIPE
            ).stdout.decode()
            for block in BLOCKS
        ]
    assert PROMISED in README
    assert PROMISED in printed[0]


@pytest.mark.parametrize("path", re.findall(r"\]\(([^):#]+)\)", README))
def test_the_links_of_the_readme_lead_somewhere(path: str):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_the_commands_of_the_readme_exist(command: str):
    assert f"reflect {command}" in README
    result = subprocess.run(
        [sys.executable, "-c", "from reflect_cli.main import main; main()", command, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
