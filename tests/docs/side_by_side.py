"""
Compares a reference page with what the published one says, and counts the faults of both.

`python tests/docs/side_by_side.py ORIGINAL` reads the published page, which is no part of this
project, and ours: first that the table of facts is what the original says, then that ours lacks
nothing of it. The exit status is 1 where something is missing or different, or a row is broken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from page_structure import Method, Table, read_page
from published_reference import PUBLISHED

ROOT = Path(__file__).parents[2]
OURS = (ROOT / "docs" / "reference" / "client.md", ROOT / "mintlify" / "reflect-client.mdx")


WORDS = re.compile(r"\b(?:ReviewLabel|ReviewStatus|KeyEnvironment|Scope)\b")
"""Types of the words that the API knows, where the published page has any text."""

WIDER = re.compile(r"\bFailOn\b")
"""What also takes types of exceptions and a function, where the published page has a bool."""


def differences(methods: dict[str, Method]) -> Iterator[str]:
    """Say what of the published facts a page lacks or states differently; it may have more."""
    for name, (parameters, returns) in PUBLISHED.items():
        method = methods.get(name)
        if method is None:
            yield f"{name} is missing"
            continue
        if method.returns != returns:
            yield f"{name} returns {method.returns}, published {returns}"
        shared = [parameter for parameter in method.parameters if parameter in parameters]
        if shared != list(parameters):
            yield f"{name} has the parameters {shared}, published {list(parameters)}"
        for parameter in shared:
            found = method.parameters[parameter]
            if WIDER.sub("bool", WORDS.sub("str", found)) != parameters[parameter]:
                yield f"{name}: {parameter}: {found}, published {parameters[parameter]}"
        for parameter, found in method.parameters.items():
            if parameter not in parameters and " = " not in found:
                yield f"{name}: {parameter} is required, and not published"


def contradictions(methods: dict[str, Method]) -> Iterator[str]:
    """Say where a table of parameters differs from the signature above it."""
    for name, method in methods.items():
        rows = {
            parameter: kind + (f" = {default}" if default else "")
            for parameter, (kind, default, _) in method.described.items()
        }
        if rows != method.parameters:
            yield f"{name}: the table has {rows}, the signature {method.parameters}"


def undescribed(methods: dict[str, Method]) -> Iterator[str]:
    """Say which methods have no prose, no errors, and which parameters no description."""
    for name, method in methods.items():
        if not method.prose and name != "__init__":
            yield f"{name} has no prose"
        for parameter in method.parameters:
            if not method.described.get(parameter, ("", "", ""))[2]:
                yield f"{name}: {parameter} has no description"


def broken_rows(tables: list[Table]) -> list[int]:
    """Return the lines of broken rows."""
    return [line for table in tables for line in table.broken_rows()]


def _report(path: Path) -> int:
    methods, tables = read_page(path)
    found = {
        "missing or different": list(differences(methods)),
        "table against signature": list(contradictions(methods)),
        "without prose or description": list(undescribed(methods)),
        "broken table rows, by line": broken_rows(tables),
    }
    parameters = sum(len(method.parameters) for method in methods.values())
    print(f"{path}: {len(methods)} methods, {parameters} parameters, {len(tables)} tables")
    for what, faults in found.items():
        print(f"  {what}: {len(faults)}")
        for fault in faults[:5]:
            print(f"    {fault}")
        if len(faults) > 5:
            print(f"    … and {len(faults) - 5} more")
    return sum(map(len, found.values()))


def main(original: Path) -> int:
    """Report on the original and on ours; only ours, and the table of facts, can fail."""
    print("The published page")
    _report(original)
    methods, _ = read_page(original)
    stale = [*differences(methods), *(methods.keys() - PUBLISHED.keys())]
    print(f"  not as the table of facts says: {len(stale)}\n\nOurs")
    return 1 if any([*map(_report, OURS), stale]) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
