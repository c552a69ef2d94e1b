"""
Make a release and try it, without publishing it.

`python scripts/release.py` works on a copy of the working tree: it sets the version, gathers
`changelog.d/` into the changelog, builds the sdist and the wheel, and installs them in fresh
environments, bare and with all extras. With `--write` it then writes the version and the changelog
into the working tree, and the distributions into `dist/`. It needs the dependency group `release`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from packaging.version import InvalidVersion, Version
from tree_copy import ROOT, copy_tree, tracked_files

CHECK = Path(__file__).with_name("check_installation.py")
EXTRAS = "server,openai,otel,speedups"
VERSION_LINE = re.compile(r'(?<=^version = ")[^"]+(?="$)', re.MULTILINE)


def run(*command: str | Path, folder: Path) -> None:
    """
    Run a command in a folder.

    Raises:
        SystemExit: It failed; says which.
    """
    done = subprocess.run(command, cwd=folder, check=False)  # noqa: S603 - commands of this module
    if done.returncode:
        raise SystemExit(f"`{' '.join(map(str, command))}` failed; nothing was written.")


def next_version(wanted: str | None, pyproject: str) -> str:
    """
    Return the version to release.

    Args:
        wanted: What the command line says; the one under development where None.
        pyproject: The text of `pyproject.toml`.

    Raises:
        SystemExit: It is no version, or not above the present one.
    """
    present = Version(tomllib.loads(pyproject)["project"]["version"])
    try:
        version = Version(wanted or present.base_version)
    except InvalidVersion:
        raise SystemExit(f"{wanted!r} is no version; name one such as 1.2.0.") from None
    if version <= present:
        raise SystemExit(
            f"{version} is not above {present}, which pyproject.toml has; name a higher version."
        )
    return str(version)


def write_version_and_changelog(copy: Path, version: str) -> None:
    """
    Set the version, gather the fragments into the changelog, and show what is new in it.

    Args:
        copy: The tree to change.
        version: The version to release.

    Raises:
        SystemExit: There are no fragments, or the version stands in no line of its own.
    """
    if not list((copy / "changelog.d").glob("*.md")):
        raise SystemExit("changelog.d/ has no fragment, so there is nothing to release.")
    pyproject = copy / "pyproject.toml"
    text, replaced = VERSION_LINE.subn(version, pyproject.read_text(encoding="utf-8"))
    if replaced != 1:
        raise SystemExit(
            f"pyproject.toml has {replaced} lines `version = ...` where 1 is expected."
        )
    pyproject.write_text(text, encoding="utf-8")
    towncrier = (sys.executable, "-m", "towncrier", "build", "--version", version)
    run(*towncrier, "--draft", folder=copy)
    run(*towncrier, "--yes", folder=copy)


def build(copy: Path, folder: Path) -> tuple[Path, Path]:
    """
    Build the sdist, and the wheel from it; both are complete and well described.

    Args:
        copy: The tree to build from.
        folder: Where they are put.

    Returns:
        The sdist and the wheel.

    Raises:
        SystemExit: One cannot be built, has another content than the tree, or a description that
            the package index would not show.
    """
    make = (sys.executable, "-m", "build")
    run(*make, "--outdir", folder, copy, folder=copy)
    run(*make, "--wheel", "--outdir", folder / "of-tree", copy, folder=copy)
    ((sdist,), (wheel,)) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    (of_tree,) = (folder / "of-tree").glob("*.whl")
    check_content(wheel, of_tree)
    run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel, folder=copy)
    return sdist, wheel


def check_content(wheel: Path, of_tree: Path) -> None:
    """
    Fail where the wheel that was built from the sdist is not the one that the tree makes.

    Args:
        wheel: The one from the sdist.
        of_tree: The one from the tree.

    Raises:
        SystemExit: A file is missing or differs, or a file of the packages is in neither.
    """
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(of_tree) as other:
        found = {entry.filename: entry.CRC for entry in one.infolist()}
        wanted = {entry.filename: entry.CRC for entry in other.infolist()}
    differing = sorted(name for name, _ in found.items() ^ wanted.items())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    tracked = {Path(*name.parts[1:]).as_posix() for name in tracked_files(*folders)}
    absent = sorted(tracked - found.keys())
    if differing or absent:
        raise SystemExit(
            f"The wheel from the sdist differs from the tree's in {differing or 'nothing'} and "
            f"lacks {absent or 'nothing'} of the packages."
        )


def try_wheel(wheel: Path, version: str, folder: Path, extras: str) -> None:
    """
    Install the wheel in a fresh environment, and use it there.

    Args:
        wheel: The wheel.
        version: What it must say of itself.
        folder: Where the environment is made.
        extras: The extras to install, with commas between; none where empty.

    Raises:
        SystemExit: It cannot be installed, or does not work.
    """
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = (python, "-m", "pip")
    run(*pip, "install", "--quiet", f"{wheel}[{extras}]" if extras else wheel, folder=folder)
    run(*pip, "check", folder=folder)
    run(python, "-I", CHECK, version, extras, folder=folder)


def write(copy: Path, distributions: Sequence[Path]) -> None:
    """
    Bring the release into the working tree.

    Args:
        copy: The tree with the version and the changelog.
        distributions: What was built.
    """
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy2(copy / name, ROOT / name)
    for fragment in (ROOT / "changelog.d").glob("*.md"):
        fragment.unlink()
    (ROOT / "dist").mkdir(exist_ok=True)
    for distribution in distributions:
        shutil.copy2(distribution, ROOT / "dist")


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: The command line without the program; that of the process where None.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description="Make a release and try it, without publishing.")
    parser.add_argument("version", nargs="?", help="the version; that under development by default")
    parser.add_argument("--write", action="store_true", help="bring it into the working tree")
    options = parser.parse_args(arguments)
    version = next_version(options.version, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        copy = folder / "tree"
        copy_tree(copy)
        write_version_and_changelog(copy, version)
        distributions = build(copy, folder / "dist")
        try_wheel(distributions[1], version, folder / "bare", "")
        try_wheel(distributions[1], version, folder / "full", EXTRAS)
        if options.write:
            write(copy, distributions)
    where = "in the working tree and in dist/" if options.write else "tried, and nothing written"
    print(f"Release {version}: {', '.join(path.name for path in distributions)}, {where}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
