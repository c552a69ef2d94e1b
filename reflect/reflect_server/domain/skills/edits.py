"""
Edits of a skill, line by line, and which of them are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.memory import Memory
from reflect_server.domain.skills.entities import (
    SkillChange,
    SkillChangeAction,
    SkillLine,
    SkillSection,
)

LEAST_GROUNDING = 0.2
"""
The least cosine similarity of an edit's text and a memory that it cites: above that of any
unrelated pair of texts that was measured with the built-in embedder (docs/decisions/0008).
"""

LONGEST_TITLE = 240
LONGEST_TEXT = 4_000


class Embeds(Protocol):
    """
    Turns texts into unit vectors.
    """

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed texts, one row each.

        Args:
            texts: The texts.
        """
        ...


@dataclass(frozen=True, slots=True)
class LineEdit:
    """
    A proposed change of one line.

    Attributes:
        action: `added`, `revised` or `removed`.
        line_id: The line; None for a new one to be given an id.
        title: The line's title after it; does not count for `removed`.
        text: The line's text after it; does not count for `removed`.
        memory_ids: The memories that support it; does not count for `removed`.
        reason: Why, in a sentence; may be empty.
    """

    action: SkillChangeAction
    line_id: str | None = None
    title: str = ""
    text: str = ""
    memory_ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class Draft:
    """
    The lines of one section while edits are made.

    Attributes:
        section: The section.
        lines: The lines by id.
        memories: The memories that its lines may cite, by id.
        embedder: Says whether a text has to do with the memories that it cites.
        changes: What has been changed and refused so far.
    """

    section: SkillSection
    lines: dict[str, SkillLine]
    memories: Mapping[str, Memory]
    embedder: Embeds
    changes: list[SkillChange] = field(default_factory=list)

    def forget_deleted(self) -> None:
        """
        Take out citations of memories that are gone, and lines that have none left.
        """
        for line in list(self.lines.values()):
            cited = tuple(i for i in line.memory_ids if i in self.memories)
            if not cited:
                self._remove(line, "Its memories were deleted.")
            elif cited != line.memory_ids:
                self.lines[line.id] = replace(line, memory_ids=cited)

    def apply(self, edits: Sequence[LineEdit]) -> None:
        """
        Make the edits that can be made, in order, and note those that cannot.

        Args:
            edits: The edits. An edit is refused where its line does not exist (or exists already),
                its title or text is blank, or no memory of the section that it cites has anything
                to do with its text.
        """
        makers: dict[SkillChangeAction, Callable[[LineEdit], str | None]] = {
            SkillChangeAction.ADDED: self._added,
            SkillChangeAction.REVISED: self._revised,
            SkillChangeAction.REMOVED: self._removed,
        }
        for edit in edits:
            make = makers.get(edit.action)
            refusal = "It is no edit." if make is None else make(edit)
            if refusal is not None:
                self.changes.append(
                    SkillChange(
                        SkillChangeAction.REFUSED,
                        edit.line_id,
                        edit.title,
                        after=edit.text or None,
                        reason=refusal,
                    )
                )

    def shorten(self, keep: Sequence[SkillLine]) -> None:
        """
        Remove all lines but some.

        Args:
            keep: The lines to keep.
        """
        kept = {line.id for line in keep}
        for line in list(self.lines.values()):
            if line.id not in kept:
                self._remove(line, "Others have more evidence.")

    def _added(self, edit: LineEdit) -> str | None:
        line_id = edit.line_id or _new_id(self.section, edit)
        if line_id in self.lines:
            return f"The line {line_id!r} exists already."
        line = self._line(line_id, edit)
        if isinstance(line, str):
            return line
        self.lines[line_id] = line
        self.changes.append(
            SkillChange(
                SkillChangeAction.ADDED, line_id, line.title, after=line.text, reason=edit.reason
            )
        )
        return None

    def _revised(self, edit: LineEdit) -> str | None:
        earlier = self.lines.get(edit.line_id or "")
        if earlier is None:
            return f"There is no line {edit.line_id!r} in this section."
        line = self._line(earlier.id, edit)
        if isinstance(line, str):
            return line
        if line != earlier:
            self.lines[line.id] = line
            self.changes.append(
                SkillChange(
                    SkillChangeAction.REVISED,
                    line.id,
                    line.title,
                    before=earlier.text,
                    after=line.text,
                    reason=edit.reason,
                )
            )
        return None

    def _removed(self, edit: LineEdit) -> str | None:
        earlier = self.lines.get(edit.line_id or "")
        if earlier is None:
            return f"There is no line {edit.line_id!r} in this section."
        self._remove(earlier, edit.reason)
        return None

    def _remove(self, line: SkillLine, reason: str) -> None:
        del self.lines[line.id]
        self.changes.append(
            SkillChange(
                SkillChangeAction.REMOVED, line.id, line.title, before=line.text, reason=reason
            )
        )

    def _line(self, line_id: str, edit: LineEdit) -> SkillLine | str:
        title, text = " ".join(edit.title.split())[:LONGEST_TITLE], edit.text.strip()[:LONGEST_TEXT]
        if not title or not text:
            return "Its title or its text is blank."
        cited = tuple(i for i in dict.fromkeys(edit.memory_ids) if i in self.memories)
        if not cited:
            return "It cites no memory of this section."
        if not self._is_grounded(f"{title}\n{text}", cited):
            return "Its text has nothing to do with the memories that it cites."
        return SkillLine(line_id, self.section, title, text, cited)

    def _is_grounded(self, text: str, memory_ids: Sequence[str]) -> bool:
        memories = [self.memories[memory_id] for memory_id in memory_ids]
        said = [f"{memory.task}\n{memory.reflection.text}" for memory in memories]
        vector, *others = self.embedder.embed([text, *said])
        return bool(np.max(np.array(others) @ vector) >= LEAST_GROUNDING)


def _new_id(section: SkillSection, edit: LineEdit) -> str:
    return hashlib.sha256(f"{section}\n{edit.title}\n{edit.text}".encode()).hexdigest()[:16]
