"""
What the published reference page of `ReflectClient` says, as a table of facts.

For each method: its parameters with types and defaults, and what it returns. Order counts.
"""

QUERY = {
    "task": "str",
    "limit": "int = 10",
    "lambda_": "float = 0.5",
    "metadata_filter": "dict[str, Any] | None = None",
    "similarity_threshold": "float | None = None",
    "mmr_lambda": "float = 0.7",
}
TRACE = {
    **QUERY,
    "blocking": "bool = False",
    "auto_fail_on_exception": "bool = True",
    "reference_context": "str | None = None",
    "alpha": "float | None = None",
}
RUN = {
    "task": "str",
    "trajectory": "TrajectoryInput",
    "final_response": "str | None = None",
    "retrieved_memory_ids": "Sequence[str] = ()",
    "model": "str | None = None",
    "metadata": "dict[str, Any] | None = None",
    "review_result": "str | None = None",
    "feedback_text": "str | None = None",
    "reference_context": "str | None = None",
    "alpha": "float | None = None",
}
MEMORY = {
    "task": "str",
    "summary": "str",
    "guidance": "str",
    "result": "str",
    "key_mistake": "str = ''",
    "correct_action": "str = ''",
    "applicable_tools": "Sequence[str] = ()",
    "retrieved_memory_ids": "Sequence[str] = ()",
}
PAUSE = {"poll_interval": "float = 0.25", "wait_timeout": "float = 60.0"}
WAIT = {"trace_id": "str", "require_reviewed": "bool = False", **PAUSE}

PUBLISHED: dict[str, tuple[dict[str, str], str]] = {
    "__init__": (
        {
            "base_url": "str = 'https://api.starlight-search.com'",
            "api_key": "str",
            "project_id": "str | None = None",
            "timeout": "float | httpx.Timeout = 60.0",
        },
        "None",
    ),
    "bootstrap": (
        {
            "base_url": "str",
            "bootstrap_token": "str",
            "user_id": "str",
            "project_id": "str",
            "key_label": "str = 'Default Admin Key'",
            "environment": "str = 'live'",
            "timeout": "float | httpx.Timeout = 60.0",
        },
        "BootstrapResponse",
    ),
    "health": ({}, "dict[str, str]"),
    "query_memories": (QUERY, "list[MemoryResponse]"),
    "query_memories_async": (QUERY, "list[MemoryResponse]"),
    "augment_with_memories": (QUERY, "AugmentedTask"),
    "augment_with_memories_async": (QUERY, "AugmentedTask"),
    "get_skill": ({}, "SkillResponse | None"),
    "get_skill_async": ({}, "SkillResponse | None"),
    "create_skill": (
        {"n_passed": "int | None = None", "n_failed": "int | None = None"},
        "SkillResponse",
    ),
    "trace": (TRACE, "Generator[TraceContext, None, None]"),
    "trace_async": (TRACE, "AsyncGenerator[TraceContext, None]"),
    "create_trace": (RUN, "TraceCreateResponse"),
    "create_trace_async": (RUN, "TraceCreateResponse"),
    "create_memory": (MEMORY, "TraceCreateResponse"),
    "create_memory_async": (MEMORY, "TraceCreateResponse"),
    "wait_for_trace": (WAIT, "TraceResponse"),
    "wait_for_trace_async": (WAIT, "TraceResponse"),
    "create_trace_and_wait": ({**RUN, **PAUSE}, "TraceResponse"),
    "create_trace_and_wait_async": ({**RUN, **PAUSE}, "TraceResponse"),
    "list_traces": ({"review_status": "str | None = None"}, "list[TraceResponse]"),
    "get_trace": ({"trace_id": "str"}, "TraceResponse"),
    "get_trace_async": ({"trace_id": "str"}, "TraceResponse"),
    "review_trace": (
        {
            "trace_id": "str",
            "result": "str",
            "feedback_text": "str | None = None",
            "alpha": "float | None = None",
        },
        "TraceResponse",
    ),
    "delete_traces": ({"trace_ids": "Sequence[str]"}, "DeleteTracesResponse"),
    "list_api_keys": ({}, "list[ApiKeyResponse]"),
    "create_api_key": (
        {"label": "str", "scopes": "Sequence[str]", "environment": "str = 'live'"},
        "ApiKeyCreateResponse",
    ),
    "revoke_api_key": ({"key_id": "str"}, "ApiKeyResponse"),
    "delete_project": ({}, "DeleteProjectResponse"),
}
