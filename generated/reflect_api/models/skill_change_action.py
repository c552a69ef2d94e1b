from enum import StrEnum


class SkillChangeAction(StrEnum):
    """
    What became of a line: `added`, `revised` (another text or other memories) or `removed`;
    `refused` is an edit that was proposed and not made.
    """

    ADDED = "added"
    REFUSED = "refused"
    REMOVED = "removed"
    REVISED = "revised"

    def __str__(self) -> str:
        return str(self.value)
