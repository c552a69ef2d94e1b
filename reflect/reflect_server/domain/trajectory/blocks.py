"""
Blocks: the list that a message's content often is, each member read by the family whose shape it
has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflect_server.domain.trajectory import dashed_parts, keyed_blocks, typed_blocks
from reflect_server.domain.trajectory.found import Found

_KINDS = ("type", "part_kind", "block_type")


def read(blocks: object, found: Found) -> None:
    """
    Read the blocks of a message.

    Args:
        blocks: The blocks; what is neither an object nor a text is passed over.
        found: What is added to.
    """
    if not isinstance(blocks, list):
        return
    for block in blocks:
        if isinstance(block, dict):
            if not _is_read(block, found):
                found.unknown += 1
        else:
            found.say(block)


def _is_read(block: Mapping[str, Any], found: Found) -> bool:
    kinds = (kind for key in _KINDS if isinstance(kind := block.get(key), str))
    return any(
        typed_blocks.read(block, kind, found) or dashed_parts.read(block, kind, found)
        for kind in kinds
    ) or keyed_blocks.read(block, found)
