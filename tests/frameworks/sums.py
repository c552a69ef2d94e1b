"""
The tools of all runs.
"""

from __future__ import annotations


def add(a: int, b: int) -> int:
    """
    Add two numbers.

    Args:
        a: The one.
        b: The other.
    """
    return a + b


def divide(a: int, b: int) -> float:
    """
    Divide two numbers.

    Args:
        a: What is divided.
        b: By what.
    """
    return a / b
