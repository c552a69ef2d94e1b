"""
Show that `nox -s quick` catches what it is there to catch.

`python scripts/plant_faults.py` copies the working tree and runs `nox -s quick` there: first as it
is, then with each fault of `planted_faults.py` in turn. It prints a table, and fails where the
untouched tree fails or a fault is not caught. All runs share the environment of the first.
Each ends with the first failure. `--only NAME` tries one fault. It needs nox.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from planted_faults import FAULTS, Fault
from tree_copy import copy_tree

QUICK = (sys.executable, "-m", "nox", "--non-interactive", "-s", "quick", "--", "--exitfirst")
FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
FAILED_CHECK = re.compile(
    r"^nox > Command (\S+(?: \S+\.py)?(?: check| format)?).* failed", re.MULTILINE
)


@dataclass(frozen=True)
class Outcome:
    """
    What `nox -s quick` made of a tree.

    Attributes:
        caught_by: The check that failed, with the tests that did; empty where all passed.
        seconds: How long it took.
        output: What it printed.
    """

    caught_by: str
    seconds: float
    output: str


def check(tree: Path) -> Outcome:
    """
    Run `nox -s quick`.

    Args:
        tree: Where.

    Raises:
        SystemExit: It failed, and by none of its checks.
    """
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - this Python, nox
        QUICK, cwd=tree, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    seconds = time.monotonic() - started
    if done.returncode == 0:
        return Outcome("", seconds, done.stdout)
    tests = list(dict.fromkeys(FAILED_TEST.findall(done.stdout)))
    failed = FAILED_CHECK.search(done.stdout)
    if failed is None:
        raise SystemExit(f"{done.stdout}\n`nox -s quick` failed, but none of its checks did.")
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return Outcome(f"{tests[0]}{more}" if tests else failed[1], seconds, done.stdout)


@contextmanager
def planted(fault: Fault, tree: Path) -> Iterator[None]:
    """
    Plant a fault, and take it back at the end.

    Args:
        fault: The fault.
        tree: A copy of the working tree.
    """
    with ExitStack() as back:
        for edit in fault.edits:
            text = edit.make(tree)
            back.callback((tree / edit.path).write_text, text, encoding="utf-8")
        yield


def show(rows: Sequence[tuple[str, Outcome]]) -> None:
    """
    Print the table.

    Args:
        rows: The faults with what became of them.
    """
    print("| Fault | Caught by | Seconds |\n| --- | --- | ---: |")
    for name, outcome in rows:
        print(f"| {name} | {outcome.caught_by or '**nothing**'} | {outcome.seconds:.0f} |")


def report(text: str) -> None:
    """
    Say how far it is.
    """
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: The command line without the program; that of the process where None.

    Returns:
        The exit status: 1 where the untouched tree fails or a fault is not caught.
    """
    parser = argparse.ArgumentParser(description="Show that `nox -s quick` catches each fault.")
    names = [fault.name for fault in FAULTS]
    parser.add_argument("--only", choices=names, metavar="NAME", help="; ".join(names))
    options = parser.parse_args(arguments)
    chosen = [fault for fault in FAULTS if options.only in {None, fault.name}]
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        for fault in chosen:  # Before any run: one that cannot be planted wastes no minute.
            with planted(fault, tree):
                pass
        report("The untouched tree, and its environment ...")
        untouched = check(tree)
        if untouched.caught_by:
            report(untouched.output)
            report(f"The untouched tree fails: {untouched.caught_by}.")
            return 1
        rows = []
        for number, fault in enumerate(chosen, start=1):
            report(f"{number}/{len(chosen)} {fault.name} ...")
            with planted(fault, tree):
                rows.append((fault.name, check(tree)))
            report(f"    {rows[-1][1].caught_by or 'NOT CAUGHT'}")
    show(rows)
    return int(any(not outcome.caught_by for _, outcome in rows))


if __name__ == "__main__":
    sys.exit(main())
