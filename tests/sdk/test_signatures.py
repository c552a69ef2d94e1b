"""
The published surface: every signature of `ReflectClient`, as a table of facts.
"""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

import reflect_sdk
from reflect_sdk import ReflectClient

QUERY = (
    "limit: int = 10",
    "lambda_: float = 0.5",
    "metadata_filter: dict[str, Any] | None = None",
    "similarity_threshold: float | None = None",
    "mmr_lambda: float = 0.7",
)
RUN = (
    "task: str",
    "trajectory: TrajectoryInput",
    "final_response: str | None = None",
    "retrieved_memory_ids: Sequence[str] = ()",
    "model: str | None = None",
    "metadata: dict[str, Any] | None = None",
    "review_result: ReviewLabel | None = None",
    "feedback_text: str | None = None",
    "reference_context: str | None = None",
    "alpha: float | None = None",
)
TRACE = (
    "task: str",
    "*",
    *QUERY,
    "blocking: bool = False",
    "auto_fail_on_exception: FailOn = True",
    "reference_context: str | None = None",
    "alpha: float | None = None",
)
USED = "used_memory_ids: Sequence[str] | None = None"
REMEMBER = "remember: bool = True"
FILTER = (
    "review_status: ReviewStatus | None = None",
    "ingest_status: IngestStatus | None = None",
    "model: str | None = None",
    "metadata_filter: dict[str, Any] | None = None",
)
TIMEOUT = "timeout: float | httpx.Timeout | None = None"
WAITING = ("poll_interval: float = 0.25", "wait_timeout: float = 60.0")

PAIRS: dict[str, tuple[tuple[str, ...], str]] = {
    "health": ((), "dict[str, str]"),
    "deliver_spooled_traces": ((), "int"),
    "query_memories": (("task: str", "*", *QUERY), "list[MemoryResponse]"),
    "augment_with_memories": (("task: str", "*", *QUERY), "AugmentedTask"),
    "get_skill": ((), "SkillResponse | None"),
    "list_skill_versions": ((), "list[SkillResponse]"),
    "create_skill": (
        ("*", "n_passed: int | None = None", "n_failed: int | None = None"),
        "SkillResponse",
    ),
    "create_trace": (("*", *RUN, USED, REMEMBER), "TraceCreateResponse"),
    "create_memory": (
        (
            "*",
            "task: str",
            "summary: str",
            "guidance: str",
            "result: ReviewLabel",
            "key_mistake: str = ''",
            "correct_action: str = ''",
            "applicable_tools: Sequence[str] = ()",
            "retrieved_memory_ids: Sequence[str] = ()",
        ),
        "TraceCreateResponse",
    ),
    "wait_for_trace": (
        ("trace_id: str", "*", "require_reviewed: bool = False", *WAITING),
        "TraceResponse",
    ),
    "create_trace_and_wait": (("*", *RUN, *WAITING, USED, REMEMBER), "TraceResponse"),
    "list_traces": (("*", *FILTER, "limit: int | None = None"), "list[TraceResponse]"),
    "request": (
        (
            "method: str",
            "path: str",
            "*",
            "params: Mapping[str, str | float | Sequence[str]] | None = None",
            "json: object = None",
            "headers: Mapping[str, str] | None = None",
        ),
        "APIResponse",
    ),
    "get_trace": (("trace_id: str",), "TraceResponse"),
    "review_trace": (
        (
            "trace_id: str",
            "*",
            "result: ReviewLabel",
            "feedback_text: str | None = None",
            "alpha: float | None = None",
            REMEMBER,
        ),
        "TraceResponse",
    ),
    "change_review": (
        (
            "trace_id: str",
            "*",
            "result: ReviewLabel",
            "feedback_text: str | None = None",
            "alpha: float | None = None",
            REMEMBER,
        ),
        "TraceResponse",
    ),
    "undo_review": (("trace_id: str",), "TraceResponse"),
    "delete_traces": (("trace_ids: Sequence[str]",), "DeleteTracesResponse"),
    "list_api_keys": ((), "list[ApiKeyResponse]"),
    "create_api_key": (
        ("*", "label: str", "scopes: Sequence[Scope]", "environment: KeyEnvironment = 'live'"),
        "ApiKeyCreateResponse",
    ),
    "revoke_api_key": (("key_id: str",), "ApiKeyResponse"),
    "delete_project": ((), "DeleteProjectResponse"),
    "flush": (("timeout: float | None = None",), "bool"),
}
OPTIONS = (
    "timeout: float | httpx.Timeout = 60.0",
    "max_retries: int = 2",
    "strict: bool = False",
    "spool_dir: str | os.PathLike[str] | None = None",
    "redact: Redactor | None = None",
    "bytes_as: BytesAs = 'digest'",
    "verify: bool | str | os.PathLike[str] | ssl.SSLContext = True",
    "proxy: str | httpx.URL | httpx.Proxy | None = None",
    "default_headers: Mapping[str, str] | None = None",
    "http_client: httpx.Client | None = None",
    "async_http_client: httpx.AsyncClient | None = None",
    "background: bool = True",
    "on_undelivered: Callable[[TraceLostError], object] | None = None",
    "lookup_timeout: float = 2.0",
)
CONSTRUCTOR = (
    "*",
    "base_url: str = 'https://api.starlight-search.com'",
    "api_key: str",
    "project_id: str | None = None",
    *OPTIONS,
)
BOOTSTRAP = (
    "*",
    "base_url: str",
    "bootstrap_token: str",
    "user_id: str",
    "project_id: str",
    "key_label: str = 'Default Admin Key'",
    "environment: KeyEnvironment = 'live'",
    "timeout: float | httpx.Timeout = 60.0",
)


def _written(method: object) -> tuple[tuple[str, ...], str]:
    assert callable(method)
    signature = inspect.signature(method)
    parts = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        parts.append(f"{parameter.name}: {parameter.annotation}{default}")
    return tuple(parts), str(signature.return_annotation)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("suffix", ["", "_async"])
def test_a_method_and_its_twin_have_the_published_signature(name: str, suffix: str):
    parameters, returns = PAIRS[name]
    star = () if "*" in parameters else ("*",)
    limit = () if name == "flush" else (*star, TIMEOUT)  # Its own is all that it takes.
    expected = (*parameters, *limit), returns
    assert _written(getattr(ReflectClient, name + suffix)) == expected


@pytest.mark.parametrize(
    ("name", "returns"),
    [
        ("trace", "Generator[TraceContext, None, None]"),
        ("trace_async", "AsyncGenerator[TraceContext, None]"),
    ],
)
def test_trace_and_its_twin_have_the_published_signature(name: str, returns: str):
    assert _written(getattr(ReflectClient, name)) == (TRACE, returns)


def test_going_through_traces_has_its_signature():
    pages = ("*", *FILTER, "page_size: int = 100", TIMEOUT)
    assert _written(ReflectClient.iter_traces) == (pages, "Generator[TraceResponse, None, None]")
    assert _written(ReflectClient.iter_traces_async) == (
        pages,
        "AsyncGenerator[TraceResponse, None]",
    )


def test_every_public_method_has_a_pinned_signature():
    others = {"trace", "bootstrap", "iter_traces", "from_env", "with_options", "close", "aclose"}
    methods = {
        name.removesuffix("_async")
        for name, value in inspect.getmembers(ReflectClient, callable)
        if not name.startswith("_")
    }
    assert methods == PAIRS.keys() | others


def test_the_ways_to_a_client_have_the_published_signature():
    assert _written(ReflectClient.__init__) == (CONSTRUCTOR, "None")
    assert _written(ReflectClient.from_env) == (("*", *OPTIONS), "Self")
    changes = (
        "timeout: float | httpx.Timeout | None = None",
        "max_retries: int | None = None",
        "project_id: str | None = None",
        "api_key: str | None = None",
    )
    assert _written(ReflectClient.with_options) == (("*", *changes), "Self")
    assert _written(ReflectClient.close) == ((), "None")
    assert _written(ReflectClient.aclose) == ((), "None")
    assert _written(ReflectClient.bootstrap) == (BOOTSTRAP, "BootstrapResponse")
    assert _written(ReflectClient.bootstrap_async) == (BOOTSTRAP, "BootstrapResponse")


@pytest.mark.parametrize("name", [*PAIRS, "trace", "bootstrap", "iter_traces"])
def test_a_twin_has_the_same_documentation(name: str):
    documentation = inspect.getdoc(getattr(ReflectClient, name))
    assert documentation
    assert inspect.getdoc(getattr(ReflectClient, f"{name}_async")) == documentation


@pytest.mark.parametrize("name", [*PAIRS, "trace", "bootstrap", "iter_traces"])
def test_an_editor_that_reads_the_source_finds_what_a_twin_is(name: str):
    source = inspect.getsource(inspect.unwrap(getattr(ReflectClient, f"{name}_async")))
    (twin,) = ast.parse(textwrap.dedent(source)).body
    assert ast.get_docstring(twin) == f"Do what `{name}` does, asynchronously."  # type: ignore[arg-type]  # a function


def test_every_public_name_is_exported_and_documented():
    for name in reflect_sdk.__all__:
        value = getattr(reflect_sdk, name)
        if inspect.isclass(value):
            assert inspect.getdoc(value), name
