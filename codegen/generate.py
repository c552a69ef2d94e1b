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
from shared_answers import answer_faults
from tool_versions import require_pinned_tools

ROOT = Path(__file__).resolve().parent.parent
CLIENT = Path("generated/reflect_api")
CONTRACT = Path("generated/reflect_contract")


def generate(contract: Path, folder: Path) -> None:
    """
    Write everything that is generated into an empty folder.

    Args:
        contract: The OpenAPI document, in YAML.
        folder: Stands for the root of the repository.

    Raises:
        SystemExit: The contract has a construct that cannot be generated faithfully, or an
            operation does not tell an answer that it shares with others; each is named.
    """
    document = load(contract)
    found = faults(document) + answer_faults(document)
    if found:
        listed = "\n".join(f"- {fault}" for fault in found)
        raise SystemExit(f"{contract.name} is refused; nothing was generated:\n{listed}")
    (folder / CLIENT).parent.mkdir()
    write_client(document, folder / CLIENT)
    write_contract(document, folder / CONTRACT)


def check(committed: Path, fresh: Path) -> int:
    """
    Print how what is committed differs from what is fresh.

    Args:
        committed: The root of the repository.
        fresh: The folder that `generate` has filled.

    Returns: The exit status, 1 where they differ.
    """
    outputs = (CLIENT, CONTRACT)
    found = [text for name in outputs for text in differences(committed / name, fresh / name)]
    if not found:
        print("generated/ is what openapi.yaml says.")
        return 0
    print("\n".join(found))
    print("This is not what openapi.yaml says: run `nox -s generate` and commit.")
    return 1


def replace(committed: Path, fresh: Path) -> None:
    """
    Put what is fresh in the place of what is committed.

    Args:
        committed: The root of the repository.
        fresh: The folder that `generate` has filled.
    """
    for package in (CLIENT, CONTRACT):
        shutil.rmtree(committed / package, ignore_errors=True)
        shutil.copytree(fresh / package, committed / package)


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
        "--root",
        type=Path,
        default=ROOT,
        help="the folder that has openapi.yaml and generated/",
    )
    options = parser.parse_args(arguments)
    require_pinned_tools(ROOT / "pyproject.toml")
    with tempfile.TemporaryDirectory() as scratch:
        generate(options.root / "openapi.yaml", Path(scratch))
        if options.check:
            return check(options.root, Path(scratch))
        replace(options.root, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
