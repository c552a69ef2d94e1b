"""
What the service asks of a reflector.
"""

from __future__ import annotations

from typing import Protocol

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.trace import Trace
from reflect_server.errors import ReflectServerError


class ReflectionError(ReflectServerError):
    """
    A reflection could not be written, for example because a model did not answer.

    The ingestion of the trace is tried again later.
    """

    code = "reflection_failed"


class Reflector(Protocol):
    """
    Writes the reflection of a run. Safe to call from any thread.
    """

    @property
    def name(self) -> str:
        """
        The name that logs and traces show, such as `local`.
        """
        ...

    def reflect(self, trace: Trace) -> Reflection:
        """
        Write down what the run teaches.

        Args:
            trace: The run, with its review where it has one.

        Raises:
            ReflectionError: No reflection could be written this time; the attempt counts against
                the trace.
            ProviderUnavailableError: The model that writes it does not work at present; the trace
                waits for that.
        """
        ...
