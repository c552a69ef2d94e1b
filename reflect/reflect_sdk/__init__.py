"""
Reflect: a memory for AI agents that learns from outcomes.

    from reflect_sdk import ReflectClient

    client = ReflectClient(base_url="http://localhost:8000", api_key="rf_live_...")
    with client.trace("Refund an order paid by voucher") as ctx:
        answer, messages = agent(ctx.augmented_task)
        ctx.set_output(trajectory=messages, final_response=answer, result="pass")
"""

from importlib.metadata import version as _version

from reflect_api.errors import DecodeError, InvalidArgumentError, ReflectError
from reflect_sdk._client import ReflectClient
from reflect_sdk._errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    ContentTooLargeError,
    DeadlineExceededError,
    IngestFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TraceLostError,
    TransportError,
    WaitTimeoutError,
)
from reflect_sdk._trace_context import TraceContext
from reflect_sdk._trajectory import TrajectoryInput
from reflect_sdk._types import (
    ApiKeyCreateResponse,
    ApiKeyResponse,
    AugmentedTask,
    BootstrapResponse,
    DeleteProjectResponse,
    DeleteTracesResponse,
    MemoryResponse,
    ReviewResponse,
    SkillResponse,
    TraceCreateResponse,
    TraceResponse,
)

__version__ = _version("reflect-sdk")

__all__ = [
    "APIStatusError",
    "ApiKeyCreateResponse",
    "ApiKeyResponse",
    "AugmentedTask",
    "AuthenticationError",
    "BadRequestError",
    "BootstrapResponse",
    "ConflictError",
    "ConnectionFailedError",
    "ContentTooLargeError",
    "DeadlineExceededError",
    "DecodeError",
    "DeleteProjectResponse",
    "DeleteTracesResponse",
    "IngestFailedError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "MemoryResponse",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "ReflectClient",
    "ReflectError",
    "ReviewResponse",
    "ServerError",
    "SkillResponse",
    "TraceContext",
    "TraceCreateResponse",
    "TraceLostError",
    "TraceResponse",
    "TrajectoryInput",
    "TransportError",
    "WaitTimeoutError",
    "__version__",
]
