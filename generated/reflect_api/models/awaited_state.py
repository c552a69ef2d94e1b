from enum import StrEnum


class AwaitedState(StrEnum):
    """
    A state of a trace that a request can wait for.
    """

    INGESTED = "ingested"
    REVIEWED = "reviewed"

    def __str__(self) -> str:
        return str(self.value)
