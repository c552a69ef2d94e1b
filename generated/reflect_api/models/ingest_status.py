from enum import StrEnum


class IngestStatus(StrEnum):
    """
    How far the service has come in making a memory of the trace. `completed` for a trace
    without a review too, as nothing is left to do for it.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    PROCESSING = "processing"
    QUEUED = "queued"

    def __str__(self) -> str:
        return str(self.value)
