"""
`reflect_api/routes.py`: the routes of the contract as data.
"""

from __future__ import annotations

from document import Json, operations

_HEAD = '''"""
The routes of the API, generated from `openapi.yaml`.
"""

from typing import Final

from .route import Idempotency, Route, RouteTable

ROUTES: Final = RouteTable(
'''


def routes_module(document: Json) -> str:
    """
    Write the module.

    Args:
        document: The contract.
    """
    return _HEAD + "".join(_route(*entry) for entry in operations(document)) + ")\n"


def _route(path: str, method: str, operation: Json) -> str:
    idempotency = f"Idempotency.{operation['x-idempotency'].upper()}"
    return (
        f"    Route({operation['operationId']!r}, {method.upper()!r}, {path!r}, {idempotency}),\n"
    )
