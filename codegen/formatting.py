"""
One format for everything generated, whatever the machine has.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_COMMON = [
    "--isolated",
    "--no-cache",
    "--quiet",
    "--line-length",
    "100",
    "--target-version",
    "py311",
]
_MENDED = "F,I,PIE790,PYI016,RET505,RUF022,UP,W"
_REFUSED = "E9,F,B006,B023"


def tidy(package: Path) -> None:
    """
    Sort the imports, drop what is unused and format every module of a package in place.

    Ruff runs as a module of this interpreter with its rules written out, so that neither the PATH,
    nor a configuration file, nor a cache can change the outcome.

    Args:
        package: The folder of the package.

    Raises:
        SystemExit: The generated code has a fault that Ruff cannot mend, such as an unknown name.
    """
    for arguments in (
        ["check", *_COMMON, "--fix-only", "--select", _MENDED],
        ["format", *_COMMON],
        ["check", *_COMMON, "--select", _REFUSED],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, str(package)],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(
                f"ruff {arguments[0]} failed on the generated code:\n{done.stdout}{done.stderr}"
            )
