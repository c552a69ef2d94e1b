"""
The doors of a server beside the contract.
"""

from __future__ import annotations

from reflect_server.http.doors import Door
from reflect_server.pages.routes import DOOR as PAGES

DOORS: tuple[Door, ...] = (PAGES,)
"""No path of theirs is one of the contract: a test of the boundaries reads this list."""
