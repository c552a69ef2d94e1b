from enum import StrEnum


class ReviewResult(StrEnum):
    """
    The verdict of a review.
    """

    FAIL = "fail"
    PASS = "pass"

    def __str__(self) -> str:
        return str(self.value)
