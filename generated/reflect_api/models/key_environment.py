from enum import StrEnum


class KeyEnvironment(StrEnum):
    """
    The environment that a key is for; it shows in the key.
    """

    LIVE = "live"
    TEST = "test"

    def __str__(self) -> str:
        return str(self.value)
