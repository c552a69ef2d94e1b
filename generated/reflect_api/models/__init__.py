"""
The objects that requests and answers are made of.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .api_key_create_response import ApiKeyCreateResponse
    from .api_key_response import ApiKeyResponse
    from .awaited_state import AwaitedState
    from .bootstrap_request import BootstrapRequest
    from .bootstrap_response import BootstrapResponse
    from .create_api_key_request import CreateApiKeyRequest
    from .create_skill_request import CreateSkillRequest
    from .create_trace_request import CreateTraceRequest
    from .delete_project_response import DeleteProjectResponse
    from .delete_traces_request import DeleteTracesRequest
    from .delete_traces_response import DeleteTracesResponse
    from .field_problem import FieldProblem
    from .ingest_status import IngestStatus
    from .kept_review_response import KeptReviewResponse
    from .key_environment import KeyEnvironment
    from .key_status import KeyStatus
    from .memory_explanation import MemoryExplanation
    from .memory_response import MemoryResponse
    from .problem import Problem
    from .problem_code import ProblemCode
    from .q_value_event_response import QValueEventResponse
    from .query_memories_request import QueryMemoriesRequest
    from .readiness_response import ReadinessResponse
    from .reflection_input import ReflectionInput
    from .retry_traces_request import RetryTracesRequest
    from .retry_traces_response import RetryTracesResponse
    from .review_input import ReviewInput
    from .review_mode import ReviewMode
    from .review_response import ReviewResponse
    from .review_result import ReviewResult
    from .review_status import ReviewStatus
    from .review_trace_request import ReviewTraceRequest
    from .revoke_api_key_request import RevokeApiKeyRequest
    from .run_ending import RunEnding
    from .scope import Scope
    from .skill_change import SkillChange
    from .skill_change_action import SkillChangeAction
    from .skill_check import SkillCheck
    from .skill_line import SkillLine
    from .skill_response import SkillResponse
    from .skill_section import SkillSection
    from .trace_create_response import TraceCreateResponse
    from .trace_reading import TraceReading
    from .trace_response import TraceResponse
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "ApiKeyCreateResponse": "api_key_create_response",
            "ApiKeyResponse": "api_key_response",
            "AwaitedState": "awaited_state",
            "BootstrapRequest": "bootstrap_request",
            "BootstrapResponse": "bootstrap_response",
            "CreateApiKeyRequest": "create_api_key_request",
            "CreateSkillRequest": "create_skill_request",
            "CreateTraceRequest": "create_trace_request",
            "DeleteProjectResponse": "delete_project_response",
            "DeleteTracesRequest": "delete_traces_request",
            "DeleteTracesResponse": "delete_traces_response",
            "FieldProblem": "field_problem",
            "IngestStatus": "ingest_status",
            "KeptReviewResponse": "kept_review_response",
            "KeyEnvironment": "key_environment",
            "KeyStatus": "key_status",
            "MemoryExplanation": "memory_explanation",
            "MemoryResponse": "memory_response",
            "Problem": "problem",
            "ProblemCode": "problem_code",
            "QValueEventResponse": "q_value_event_response",
            "QueryMemoriesRequest": "query_memories_request",
            "ReadinessResponse": "readiness_response",
            "ReflectionInput": "reflection_input",
            "RetryTracesRequest": "retry_traces_request",
            "RetryTracesResponse": "retry_traces_response",
            "ReviewInput": "review_input",
            "ReviewMode": "review_mode",
            "ReviewResponse": "review_response",
            "ReviewResult": "review_result",
            "ReviewStatus": "review_status",
            "ReviewTraceRequest": "review_trace_request",
            "RevokeApiKeyRequest": "revoke_api_key_request",
            "RunEnding": "run_ending",
            "Scope": "scope",
            "SkillChange": "skill_change",
            "SkillChangeAction": "skill_change_action",
            "SkillCheck": "skill_check",
            "SkillLine": "skill_line",
            "SkillResponse": "skill_response",
            "SkillSection": "skill_section",
            "TraceCreateResponse": "trace_create_response",
            "TraceReading": "trace_reading",
            "TraceResponse": "trace_response",
        },
    )

__all__ = [
    "ApiKeyCreateResponse",
    "ApiKeyResponse",
    "AwaitedState",
    "BootstrapRequest",
    "BootstrapResponse",
    "CreateApiKeyRequest",
    "CreateSkillRequest",
    "CreateTraceRequest",
    "DeleteProjectResponse",
    "DeleteTracesRequest",
    "DeleteTracesResponse",
    "FieldProblem",
    "IngestStatus",
    "KeptReviewResponse",
    "KeyEnvironment",
    "KeyStatus",
    "MemoryExplanation",
    "MemoryResponse",
    "Problem",
    "ProblemCode",
    "QValueEventResponse",
    "QueryMemoriesRequest",
    "ReadinessResponse",
    "ReflectionInput",
    "RetryTracesRequest",
    "RetryTracesResponse",
    "ReviewInput",
    "ReviewMode",
    "ReviewResponse",
    "ReviewResult",
    "ReviewStatus",
    "ReviewTraceRequest",
    "RevokeApiKeyRequest",
    "RunEnding",
    "Scope",
    "SkillChange",
    "SkillChangeAction",
    "SkillCheck",
    "SkillLine",
    "SkillResponse",
    "SkillSection",
    "TraceCreateResponse",
    "TraceReading",
    "TraceResponse",
]
