from enum import StrEnum


class ProblemCode(StrEnum):
    """
    The stable name of a kind of error; programs decide by it.
    """

    ALREADY_REVIEWED = "already_reviewed"
    BOOTSTRAP_DISABLED = "bootstrap_disabled"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    INTERNAL_ERROR = "internal_error"
    INVALID_REQUEST = "invalid_request"
    MALFORMED_REQUEST = "malformed_request"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ENOUGH_MEMORIES = "not_enough_memories"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    REQUEST_TOO_LARGE = "request_too_large"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    WARMING_UP = "warming_up"

    def __str__(self) -> str:
        return str(self.value)
