"""
The answers and headers that operations share, for whoever calls any of them handles them once.
"""

from __future__ import annotations

from collections.abc import Iterator

from document import Json, operations, resolve

_OF_ALL = {"500": "InternalServerError", "503": "ServiceUnavailable"}
_OF_CREDENTIALS = {"401": "Unauthenticated", "403": "Forbidden", "429": "TooManyRequests"}
_OF_PATHS = {"404": "NotFound", "422": "UnprocessableContent"}
_OF_BODIES = {"400": "BadRequest", "413": "ContentTooLarge", "422": "UnprocessableContent"}
_OF_KEYS = {"409": "Conflict"}

_REQUEST_ID = "X-Request-Id"
_ANSWERED_TO = {
    "cursor": "Link",
    "Prefer": "Preference-Applied",
    "Idempotency-Key": "Idempotency-Replayed",
}
_TRY_LATER = {"429": ("Retry-After",), "503": ("Retry-After",)}


def answer_faults(document: Json) -> list[str]:
    """
    Look for operations that do not tell an answer or a header that they share with others.

    Args:
        document: An OpenAPI document.

    Returns: One sentence per fault, each with the place; empty where all is well.
    """
    return [
        f"{method.upper()} {path}: {fault}"
        for path, method, operation in operations(document)
        for fault in _operation_faults(document, path, operation)
    ]


def _operation_faults(document: Json, path: str, operation: Json) -> Iterator[str]:
    responses = operation.get("responses", {})
    for status, name in _shared_answers(path, operation).items():
        reference = f"#/components/responses/{name}"
        if responses.get(status, {}).get("$ref") != reference:
            yield f'must have the answer {status} as `$ref: "{reference}"`.'
    asked = {resolve(document, each)["name"] for each in operation.get("parameters", [])}
    headers = {
        status: resolve(document, answer).get("headers", {}) for status, answer in responses.items()
    }
    for status, told in headers.items():
        for name in (_REQUEST_ID, *_TRY_LATER.get(status, ())):
            if name not in told:
                yield f"the answer {status} must have the header `{name}`."
    successes = [told for status, told in headers.items() if status.startswith("2")]
    for name, header in _ANSWERED_TO.items():
        if name in asked and not any(header in told for told in successes):
            yield f"a successful answer must have the header `{header}`, as `{name}` is asked for."


def _shared_answers(path: str, operation: Json) -> dict[str, str]:
    return {
        **_OF_ALL,
        **(_OF_CREDENTIALS if operation.get("security") else {}),
        **(_OF_PATHS if "{" in path else {}),
        **(_OF_BODIES if "requestBody" in operation else {}),
        **(_OF_KEYS if operation.get("x-idempotency") == "key" else {}),
    }
