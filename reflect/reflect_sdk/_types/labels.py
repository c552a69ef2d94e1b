"""
The words that the API knows for verdicts, states, scopes and environments, for type checkers.

What is sent is one of them. What an answer holds may be a word that this version does not know, so
there the type is one of them or any text.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

ReviewLabel: TypeAlias = Literal["pass", "success", "fail", "failure"]
"""A verdict, as methods take it: `success` is `pass`, `failure` is `fail`."""

ReviewResult: TypeAlias = Literal["pass", "fail"]
"""A verdict, as answers have it."""

ReviewMode: TypeAlias = Literal["inline", "deferred"]
"""Whether a verdict came with its trace or later."""

ReviewStatus: TypeAlias = Literal["pending", "reviewed"]
"""Whether a trace has a verdict."""

IngestStatus: TypeAlias = Literal["queued", "processing", "completed", "failed"]
"""How far the service is with making a memory of a trace."""

KeyEnvironment: TypeAlias = Literal["live", "test"]
"""What a key is for; it shows in its text."""

KeyStatus: TypeAlias = Literal["active", "revoked"]
"""Whether a key is accepted."""

Scope: TypeAlias = Literal[
    "memory:read",
    "memory:write",
    "trace:read",
    "trace:write",
    "review:write",
    "skill:read",
    "skill:write",
    "keys:manage",
    "project:delete",
]
"""Something that a key may do."""
