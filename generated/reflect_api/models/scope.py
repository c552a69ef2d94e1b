from enum import StrEnum


class Scope(StrEnum):
    """
    Something that a key may do.
    """

    KEYSMANAGE = "keys:manage"
    MEMORYREAD = "memory:read"
    MEMORYWRITE = "memory:write"
    PROJECTDELETE = "project:delete"
    REVIEWWRITE = "review:write"
    SKILLREAD = "skill:read"
    SKILLWRITE = "skill:write"
    TRACEREAD = "trace:read"
    TRACEWRITE = "trace:write"

    def __str__(self) -> str:
        return str(self.value)
