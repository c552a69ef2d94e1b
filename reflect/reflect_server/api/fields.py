"""
Optional fields of requests.
"""

from __future__ import annotations

from typing import TypeVar

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
