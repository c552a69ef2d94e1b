import subprocess
import sys
from pathlib import Path

import pytest
from reference import check, write_reference
from reference_faults import faults
from reference_model import Example
from reference_pages import MARKDOWN, MDX, client_page, types_page
from reference_source import read_reference
from reference_twins import asynchronous_examples

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "generate_api_docs.py"
PACKAGE = '''
from __future__ import annotations
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Client", "Pair", "TinyError", "Word", "__version__"]
__version__: str
"""
The version.
"""
Word = str | int
"""
A word, or a number of one | not both.
"""
DEFAULT = "a"

def twin_of(method): ...

class TinyError(Exception):
    """
    Went wrong.

    Attributes:
        code: What | why.
    """
    code: int

class Base:
    """
    What every pair has.
    """

    def swap(self) -> Pair:
        """
        Turn it around.

        Returns:
            The other pair.
        """

class Pair(Base):
    """
    Two <words> in {braces}.

    Attributes:
        first: One.
    """
    first: str | None = None

class Client:
    """
    A client; see `find` and `Pair`.

    Args:
        word: A `str | int`.

    Example:
        >>> client = Client(word="a")
    """

    def __init__(self, *, word: Word = DEFAULT) -> None: ...

    def find(self, word: str, *, near: dict[str, int] | None = None) -> list[Pair] | None:
        """
        Find pairs.

        Args:
            word: The word.
            near: What is near | far. None by default.

        Returns:
            The pairs.

        Raises:
            TinyError: If it fails.

        Example: Print them all
            >>> for pair in client.find("a"):
            ...     print(pair)
            a

        Note:
            It is slow.
        """
        return self._drive(word)

    @twin_of(find)
    async def find_async(
        self, word: str, *, near: dict[str, int] | None = None
    ) -> list[Pair] | None:
        return await self._drive_async(word)

    @contextmanager
    def open(self) -> Iterator[Pair]:
        """
        Open one.

        Yields:
            The pair.
        """
'''


def read(folder: Path, source: str = PACKAGE):
    (folder / "tiny").mkdir(exist_ok=True)
    (folder / "tiny" / "__init__.py").write_text(source)
    return read_reference("tiny", "Client", [folder])


def test_one_model_gives_both_pages(tmp_path: Path, snapshot):
    reference = read(tmp_path)
    assert list(faults(reference)) == []
    for dialect in (MARKDOWN, MDX):
        assert client_page(reference, dialect) == snapshot
        assert types_page(reference, dialect) == snapshot


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"""\n        Open one.', '"""', "Client.open has no docstring."),
        (
            "            word: The word.\n",
            "",
            "The parameter word of Client.find has no description.",
        ),
        (
            "            word: The word.\n",
            "            word: The word.\n            wrod: The word.\n",
            "Client.find documents a parameter wrod, which it does not have.",
        ),
        (
            "        Returns:\n            The pairs.\n\n",
            "",
            "Client.find does not say what it returns or yields.",
        ),
        (
            "        Raises:\n            TinyError: If it fails.\n\n",
            "",
            "Client.find calls the service and does not say which errors it raises.",
        ),
        (
            "TinyError: If it fails",
            "HugeError: If it fails",
            "Client.find raises HugeError, which is no public name.",
        ),
        ('"""\nThe version.\n"""', "", "__version__ has no docstring."),
        ("    first: str | None = None\n", "", "The attribute Pair.first has no type."),
        (
            "    first: str | None = None\n",
            "    first: str | None = None\n    second: int\n",
            "The attribute Pair.second has no description.",
        ),
    ],
)
def test_what_lacks_documentation_is_named(tmp_path: Path, before: str, after: str, fault: str):
    assert before in PACKAGE
    found = set(faults(read(tmp_path, PACKAGE.replace(before, after, 1))))
    assert found == {fault, fault.replace("Client.find", "Client.find_async")}


def test_an_undocumented_public_name_fails_the_build(tmp_path: Path):
    folder = tmp_path / "reflect" / "reflect_sdk"
    folder.mkdir(parents=True)
    undocumented = PACKAGE.replace("Client", "ReflectClient").replace("Find pairs.", "")
    (folder / "__init__.py").write_text(undocumented)
    with pytest.raises(SystemExit, match=r"ReflectClient\.find has no docstring"):
        write_reference(tmp_path, tmp_path)


def test_a_section_that_pages_cannot_show_is_refused(tmp_path: Path):
    with pytest.raises(SystemExit, match="'warning'"):
        read(tmp_path, PACKAGE.replace("        Note:", "        Warning:"))


def test_the_committed_pages_are_what_the_docstrings_say():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["reference/client.md", "api.md"])
def test_a_page_that_was_edited_by_hand_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
):
    for source in ("reflect", "generated", "openapi.yaml"):
        (tmp_path / source).symlink_to(ROOT / source)
    write_reference(tmp_path, tmp_path)
    assert check(tmp_path) == 0
    page = tmp_path / "docs" / name
    page.write_text(page.read_text() + "By hand.\n")
    assert check(tmp_path) == 1
    printed = capsys.readouterr().out
    assert "-By hand." in printed
    assert "run `nox -s generate`" in printed


@pytest.mark.parametrize(
    ("code", "rewritten"),
    [
        ("print(c.get(1).name)", "print((await c.get_async(1)).name)"),
        ("x = c.get(c.get(1))[0]", "x = (await c.get_async(await c.get_async(1)))[0]"),
        (
            "with c.open('ä') as x, d.other():\n    pass",
            "async with c.open_async('ä') as x, d.other():\n    pass",
        ),
        (
            "for x in c.iterate(  # all\n    1\n):\n    c.get(x)",
            "async for x in c.iterate_async(  # all\n    1\n):\n    await c.get_async(x)",
        ),
        ("for x in c.get(1):\n    x.get", "for x in await c.get_async(1):\n    x.get"),
    ],
)
def test_an_example_of_a_method_becomes_one_of_its_twin(code: str, rewritten: str):
    kinds = {"get": "coroutine", "open": "context", "iterate": "iterator"}
    assert asynchronous_examples([Example("", code)], kinds) == (Example("", rewritten),)
