"""
Writes the reference: of `reflect_sdk` from its docstrings, signatures and annotations, and of the
REST API from `openapi.yaml`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from api_page import api_page
from document import load
from drift import differences
from reference_faults import faults
from reference_pages import MARKDOWN, MDX, client_page, types_page
from reference_source import read_reference

ROOT = Path(__file__).resolve().parent.parent
SITE_PAGES = Path("docs/reference")
MINTLIFY_PAGES = Path("mintlify")
API_PAGE = Path("docs/api.md")
_OUTPUTS = (SITE_PAGES, MINTLIFY_PAGES, API_PAGE)


def write_reference(root: Path, folder: Path) -> None:
    """
    Write all pages.

    Args:
        root: The root of the repository, which has the source.
        folder: Where to write; stands for the root as well.

    Raises:
        SystemExit: A public name lacks documentation; each is named.
    """
    reference = read_reference(
        "reflect_sdk", "ReflectClient", (root / "reflect", root / "generated")
    )
    found = list(faults(reference))
    if found:
        listed = "\n".join(f"- {fault}" for fault in found)
        raise SystemExit(f"The reference would leave its readers to guess:\n{listed}")
    pages = {
        SITE_PAGES / "client.md": client_page(reference, MARKDOWN),
        SITE_PAGES / "types.md": types_page(reference, MARKDOWN),
        MINTLIFY_PAGES / "reflect-client.mdx": client_page(reference, MDX),
        MINTLIFY_PAGES / "types.mdx": types_page(reference, MDX),
        API_PAGE: api_page(load(root / "openapi.yaml"), reference),
    }
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def check(root: Path) -> int:
    """
    Print how the committed pages differ from what their sources say.

    Args:
        root: The root of the repository.

    Returns:
        The exit status, 1 where they differ.
    """
    with tempfile.TemporaryDirectory() as scratch:
        write_reference(root, Path(scratch))
        found = [
            text for name in _OUTPUTS for text in differences(root / name, Path(scratch) / name)
        ]
    if not found:
        print("docs/reference/, mintlify/ and docs/api.md are what their sources say.")
        return 0
    print("\n".join(found))
    print("This is not what the docstrings and openapi.yaml say: run `nox -s generate` and commit.")
    return 1


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: The command line without the program; that of the process where None.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Write the reference as pages.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the root of the repository")
    options = parser.parse_args(arguments)
    if options.check:
        return check(options.root)
    write_reference(options.root, options.root)
    return 0
