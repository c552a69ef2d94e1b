"""
The faults that `plant_faults.py` plants: one of each kind that `nox -s quick` is there to catch.

Each is what a hurried change could do. None breaks style, so that what catches it is the check that
is meant to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """
    A text of a file, and what stands there instead.

    Attributes:
        path: The file, from the root.
        old: The text, which must stand there exactly once.
        new: What takes its place.
    """

    path: str
    old: str
    new: str

    def make(self, root: Path) -> str:
        """
        Change the file, and return what it was.

        Args:
            root: The tree to change.

        Raises:
            SystemExit: The text is not there, or more than once: the code has moved on.
        """
        file = root / self.path
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        found = text.count(self.old)
        if found != 1:
            raise SystemExit(
                f"{self.path} has {found} times, where it must have once:\n{self.old}\n"
                "The code has moved on: mend this fault in scripts/planted_faults.py."
            )
        file.write_text(text.replace(self.old, self.new), encoding="utf-8")
        return text


@dataclass(frozen=True)
class Fault:
    """
    A fault to plant.

    Attributes:
        name: What it is called in the table and on the command line.
        edits: What plants it.
    """

    name: str
    edits: tuple[Edit, ...]


FAULTS = (
    Fault(
        "a dropped property",
        (
            Edit(
                "reflect/reflect_server/api/routes/traces.py",
                '        model="model",\n        metadata="metadata",\n',
                '        metadata="metadata",\n',
            ),
        ),
    ),
    Fault(
        "an arrow up",
        (
            Edit(
                "reflect/reflect_server/domain/learning.py",
                "from reflect_server.errors import InvalidRequestError\n",
                "from reflect_server.errors import InvalidRequestError\n\n"
                "if TYPE_CHECKING:\n"
                "    from reflect_server.store.protocol.store import Store\n",
            ),
            Edit(
                "reflect/reflect_server/domain/learning.py",
                "from dataclasses import replace\n",
                "from dataclasses import replace\nfrom typing import TYPE_CHECKING\n",
            ),
            Edit(
                "reflect/reflect_server/domain/learning.py",
                "\n\ndef credit(\n",
                "\n\ndef _name(store: Store) -> str:\n"
                "    return type(store).__name__\n"
                "\n\ndef credit(\n",
            ),
        ),
    ),
    Fault(
        "drift",
        (
            Edit(
                "openapi.yaml",
                "description: The learning rate that was applied.",
                "description: The learning rate that took effect.",
            ),
        ),
    ),
    Fault(
        "a broken decoder",
        tuple(
            Edit(
                path,
                "    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)\n",
                "    return moment\n",
            )
            for path in ("codegen/runtime/decoding.py", "generated/reflect_api/decoding.py")
        ),
    ),
    Fault(
        "a wrong credit",
        (Edit("reflect/reflect_server/domain/learning.py", "1.0 / rank**2", "1.0 / rank"),),
    ),
    Fault(
        "a lost retry",
        (
            Edit(
                "reflect/reflect_sdk/_transport/retry.py",
                "frozenset({408, 429, 500, 502, 503, 504})",
                "frozenset({408, 429, 500, 502, 504})",
            ),
        ),
    ),
    Fault(
        "a leaked key",
        (
            Edit(
                "reflect/reflect_sdk/_types/projects.py",
                "    project_id: str\n    api_key: str = field(repr=False)\n",
                "    project_id: str\n    api_key: str\n",
            ),
        ),
    ),
    Fault(
        "a broken migration",
        (
            Edit(
                "reflect/reflect_server/store/sqlite/migrations/0014_trace_state.sql",
                "    WHERE r.mode = 'deferred' OR t.ingest_status = 'completed'\n",
                "    WHERE r.mode = 'deferred'\n",
            ),
        ),
    ),
    Fault(
        "a broken example",
        (
            Edit(
                "docs/guides/evaluation-loops.md",
                "augmented = client.augment_with_memories(question, limit=3)",
                "augmented = client.augment_with_memories(question, top=3)",
            ),
        ),
    ),
    Fault(
        "a wrong type",
        (
            Edit(
                "reflect/reflect_sdk/_transport/retry.py",
                "    def left(self, started: float) -> float | None:\n",
                "    def left(self, started: float) -> float:\n",
            ),
        ),
    ),
)
