"""
The routes of the API, generated from `openapi.yaml`.
"""

from typing import Final

from .route import Idempotency, Route, RouteTable

ROUTES: Final = RouteTable(
    Route("health", "GET", "/health", Idempotency.NATURAL),
    Route("readiness", "GET", "/ready", Idempotency.NATURAL),
    Route("bootstrap", "POST", "/v1/bootstrap", Idempotency.NONE),
    Route("query_memories", "POST", "/v1/projects/{project_id}/memory/query", Idempotency.NATURAL),
    Route("list_memories", "GET", "/v1/projects/{project_id}/memories", Idempotency.NATURAL),
    Route(
        "get_memory", "GET", "/v1/projects/{project_id}/memories/{memory_id}", Idempotency.NATURAL
    ),
    Route(
        "get_memory_history",
        "GET",
        "/v1/projects/{project_id}/memories/{memory_id}/history",
        Idempotency.NATURAL,
    ),
    Route("get_skill", "GET", "/v1/projects/{project_id}/skill", Idempotency.NATURAL),
    Route(
        "list_skill_versions",
        "GET",
        "/v1/projects/{project_id}/skill/versions",
        Idempotency.NATURAL,
    ),
    Route("create_skill", "POST", "/v1/projects/{project_id}/skill/create", Idempotency.NONE),
    Route("list_traces", "GET", "/v1/projects/{project_id}/traces", Idempotency.NATURAL),
    Route("create_trace", "POST", "/v1/projects/{project_id}/traces", Idempotency.KEY),
    Route("get_trace", "GET", "/v1/projects/{project_id}/traces/{trace_id}", Idempotency.NATURAL),
    Route(
        "change_review",
        "PUT",
        "/v1/projects/{project_id}/traces/{trace_id}/review",
        Idempotency.NATURAL,
    ),
    Route(
        "review_trace",
        "POST",
        "/v1/projects/{project_id}/traces/{trace_id}/review",
        Idempotency.NATURAL,
    ),
    Route(
        "undo_review",
        "DELETE",
        "/v1/projects/{project_id}/traces/{trace_id}/review",
        Idempotency.NATURAL,
    ),
    Route("delete_traces", "POST", "/v1/projects/{project_id}/traces/delete", Idempotency.NATURAL),
    Route("retry_traces", "POST", "/v1/projects/{project_id}/traces/retry", Idempotency.NONE),
    Route("list_api_keys", "GET", "/v1/projects/{project_id}/api-keys", Idempotency.NATURAL),
    Route("create_api_key", "POST", "/v1/projects/{project_id}/api-keys", Idempotency.NONE),
    Route(
        "revoke_api_key",
        "POST",
        "/v1/projects/{project_id}/api-keys/{key_id}/revoke",
        Idempotency.NATURAL,
    ),
    Route("delete_project", "DELETE", "/v1/projects/{project_id}", Idempotency.NATURAL),
)
