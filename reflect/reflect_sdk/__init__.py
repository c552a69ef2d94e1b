"""
Reflect: a memory for AI agents that learns from outcomes.

    from reflect_sdk import ReflectClient

    client = ReflectClient(base_url="http://localhost:8000", api_key="rf_live_...")
    with client.trace("Refund an order paid by voucher") as ctx:
        answer, messages = agent(ctx.augmented_task)
        ctx.set_output(trajectory=messages, final_response=answer, result="pass")
"""

from reflect_api.errors import DecodeError, FieldError, InvalidArgumentError, ReflectError
from reflect_sdk._calls.clients import use_client
from reflect_sdk._calls.results import TraceResult
from reflect_sdk._client.client import ReflectClient
from reflect_sdk._flows.trace_context import TraceContext
from reflect_sdk._types.api_response import APIResponse
from reflect_sdk._types.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CertificateError,
    ClientClosedError,
    ConflictError,
    ConnectionFailedError,
    ContentTooLargeError,
    DeadlineExceededError,
    IngestFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProxyConnectionError,
    RateLimitError,
    ServerError,
    TraceLostError,
    TransportError,
    WaitTimeoutError,
)
from reflect_sdk._types.labels import (
    IngestStatus,
    KeyEnvironment,
    KeyStatus,
    ReviewLabel,
    ReviewMode,
    ReviewResult,
    ReviewStatus,
    Scope,
)
from reflect_sdk._types.memories import AugmentedTask, MemoryExplanation, MemoryResponse
from reflect_sdk._types.projects import (
    ApiKeyCreateResponse,
    ApiKeyResponse,
    BootstrapResponse,
    DeleteProjectResponse,
)
from reflect_sdk._types.skills import SkillChange, SkillCheck, SkillLine, SkillResponse
from reflect_sdk._types.traces import (
    DeleteTracesResponse,
    ReviewResponse,
    TraceCreateResponse,
    TraceReading,
    TraceResponse,
)
from reflect_sdk._types.trajectory import TrajectoryInput
from reflect_sdk.converters import from_deepagents, from_openai_agents
from reflect_sdk.decorators import reflect_trace

__version__: str
"""
The installed version of the distribution `reflect-sdk`.
"""

__all__ = [
    "APIResponse",
    "APIStatusError",
    "ApiKeyCreateResponse",
    "ApiKeyResponse",
    "AugmentedTask",
    "AuthenticationError",
    "BadRequestError",
    "BootstrapResponse",
    "CertificateError",
    "ClientClosedError",
    "ConflictError",
    "ConnectionFailedError",
    "ContentTooLargeError",
    "DeadlineExceededError",
    "DecodeError",
    "DeleteProjectResponse",
    "DeleteTracesResponse",
    "FieldError",
    "IngestFailedError",
    "IngestStatus",
    "InvalidArgumentError",
    "InvalidRequestError",
    "KeyEnvironment",
    "KeyStatus",
    "MemoryExplanation",
    "MemoryResponse",
    "NotFoundError",
    "PermissionDeniedError",
    "ProxyConnectionError",
    "RateLimitError",
    "ReflectClient",
    "ReflectError",
    "ReviewLabel",
    "ReviewMode",
    "ReviewResponse",
    "ReviewResult",
    "ReviewStatus",
    "Scope",
    "ServerError",
    "SkillChange",
    "SkillCheck",
    "SkillLine",
    "SkillResponse",
    "TraceContext",
    "TraceCreateResponse",
    "TraceLostError",
    "TraceReading",
    "TraceResponse",
    "TraceResult",
    "TrajectoryInput",
    "TransportError",
    "WaitTimeoutError",
    "__version__",
    "from_deepagents",
    "from_openai_agents",
    "reflect_trace",
    "use_client",
]


def _name_publicly() -> None:
    """
    Let tracebacks, pickles and editors name each class as it is imported, not where it is defined.
    """
    for name in __all__:
        value = globals().get(name)
        if isinstance(value, type) and value.__module__.startswith(f"{__name__}."):
            value.__module__ = __name__


_name_publicly()


def __getattr__(name: str) -> str:
    """
    Look the version up when it is asked for; that takes longer than importing most of the package.
    """
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and seldom asked for

    return version("reflect-sdk")
