"""
The handlers of the contract's operations, one module per resource.
"""

from __future__ import annotations

from collections.abc import Mapping

from reflect_server.api.routes import (
    api_keys,
    bootstrap,
    health,
    memories,
    projects,
    skills,
    traces,
)
from reflect_server.api.routing import Handler

HANDLERS: Mapping[str, Handler] = {
    handler.__name__: handler
    for module in (health, bootstrap, memories, skills, traces, api_keys, projects)
    for handler in module.HANDLERS
}
"""Every handler under the id of its operation, which is its name."""
