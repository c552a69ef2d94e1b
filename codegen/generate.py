"""
Generate `reflect_api` and `reflect_contract` from `openapi.yaml`.

`python codegen/generate.py` writes them. With `--check` nothing is written, and the command fails
where what is committed differs by a byte from what would be written. Neither needs a network.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from client_package import write_client
from contract_package import write_contract
from document import load
from drift import differences
from lint_spec import faults
from tool_versions import require_pinned_tools

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("reflect_api", "reflect_contract")


def generate(contract: Path, folder: Path) -> None:
    """
    Write both packages into an empty folder.

    Args:
        contract: The OpenAPI document, in YAML.
        folder: Where the packages come to stand.

    Raises:
        SystemExit: The contract has a construct that cannot be generated faithfully; each is named.
    """
    document = load(contract)
    found = faults(document)
    if found:
        listed = "\n".join(f"- {fault}" for fault in found)
        raise SystemExit(f"{contract.name} cannot be generated faithfully:\n{listed}")
    write_client(document, folder / PACKAGES[0])
    write_contract(document, folder / PACKAGES[1])


def check(committed: Path, fresh: Path) -> int:
    """
    Print how the committed packages differ from fresh ones.

    Returns: The exit status, 1 where they differ.
    """
    found = [text for name in PACKAGES for text in differences(committed / name, fresh / name)]
    if not found:
        print("generated/ is what openapi.yaml says.")
        return 0
    print("\n".join(found))
    print("generated/ is not what openapi.yaml says: run `python codegen/generate.py` and commit.")
    return 1


def replace(committed: Path, fresh: Path) -> None:
    """
    Put fresh packages in the place of the committed ones.
    """
    committed.mkdir(exist_ok=True)
    for name in PACKAGES:
        shutil.rmtree(committed / name, ignore_errors=True)
        shutil.copytree(fresh / name, committed / name)


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: The command line without the program; that of the process where None.

    Returns: The exit status.
    """
    parser = argparse.ArgumentParser(description="Generate code from openapi.yaml.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="the folder that has openapi.yaml and generated/"
    )
    options = parser.parse_args(arguments)
    require_pinned_tools(ROOT / "pyproject.toml")
    with tempfile.TemporaryDirectory() as scratch:
        generate(options.root / "openapi.yaml", Path(scratch))
        if options.check:
            return check(options.root / "generated", Path(scratch))
        replace(options.root / "generated", Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
