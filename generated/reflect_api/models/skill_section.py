from enum import StrEnum


class SkillSection(StrEnum):
    """
    Whether a line says what works or what to avoid.
    """

    PITFALL = "pitfall"
    STRATEGY = "strategy"

    def __str__(self) -> str:
        return str(self.value)
