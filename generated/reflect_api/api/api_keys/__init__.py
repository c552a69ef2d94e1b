"""
The operations of the tag `api_keys`, one module each.
"""

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from . import create_api_key, list_api_keys, revoke_api_key
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "create_api_key": "create_api_key",
            "list_api_keys": "list_api_keys",
            "revoke_api_key": "revoke_api_key",
        },
    )

__all__ = [
    "create_api_key",
    "list_api_keys",
    "revoke_api_key",
]
