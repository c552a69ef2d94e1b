from enum import StrEnum


class ReviewStatus(StrEnum):
    """
    Whether the trace's review has taken full effect. An inline review has when the memory of it
    exists; a deferred one as soon as it is received.
    """

    PENDING = "pending"
    REVIEWED = "reviewed"

    def __str__(self) -> str:
        return str(self.value)
