from enum import StrEnum


class RunEnding(StrEnum):
    """
    How the run ended where it did not end by itself. `interrupted`: it was cancelled, its
    process ended, or another service failed it, so that what it has says nothing about its
    outcome.
    """

    INTERRUPTED = "interrupted"

    def __str__(self) -> str:
        return str(self.value)
