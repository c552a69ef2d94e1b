from enum import StrEnum


class KeyStatus(StrEnum):
    """
    Whether a key can be used.
    """

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"

    def __str__(self) -> str:
        return str(self.value)
