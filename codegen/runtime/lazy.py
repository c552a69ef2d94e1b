"""
Public names that are imported when they are first used (PEP 562).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(
    package: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return a package's `__getattr__` and `__dir__`.

    Args:
        package: The package's `__name__`.
        sources: For each public name the module of the package that defines it; the name of the
            module itself where the module is meant.
    """

    def get(name: str) -> object:
        if name not in sources:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f".{sources[name]}", package)
        value = module if sources[name] == name else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted({*vars(sys.modules[package]), *sources})
