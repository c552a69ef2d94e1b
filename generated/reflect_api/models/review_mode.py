from enum import StrEnum


class ReviewMode(StrEnum):
    """
    Whether the review came with its trace (`inline`) or later (`deferred`).
    """

    DEFERRED = "deferred"
    INLINE = "inline"

    def __str__(self) -> str:
        return str(self.value)
