"""
Typed calls of the Reflect API, generated from `openapi.yaml`.

For each operation there is a module in `api`, with the functions `sync`, `asyncio`, `sync_detailed` and
`asyncio_detailed`, and with `request`, which describes what they send. Nothing is imported before it is
used.
"""

from typing import TYPE_CHECKING

from .lazy import lazy_names

if TYPE_CHECKING:
    from . import api, errors, models
    from .client import AuthenticatedClient, Client
    from .types import UNSET, Unset
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AuthenticatedClient": "client",
            "Client": "client",
            "UNSET": "types",
            "Unset": "types",
            "api": "api",
            "errors": "errors",
            "models": "models",
        },
    )

__all__ = [
    "UNSET",
    "AuthenticatedClient",
    "Client",
    "Unset",
    "api",
    "errors",
    "models",
]
