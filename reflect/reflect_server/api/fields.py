"""
Optional fields of request bodies: present or absent.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
D = TypeVar("D")


def given(value: T | msgspec.UnsetType, default: D) -> T | D:
    """
    Return a field's value, or the default where the field is absent.

    Args:
        value: The field.
        default: What stands for an absent field.
    """
    return default if isinstance(value, msgspec.UnsetType) else value


def present(body: msgspec.Struct, **names: str) -> dict[str, Any]:
    """
    Return the fields of a request that it has, under other names, so that the defaults of those
    that it lacks are said once, where they are taken.

    Args:
        body: The request.
        names: The field of each name, such as `blend="lambda_"`.
    """
    values = {name: getattr(body, field, msgspec.UNSET) for name, field in names.items()}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}
