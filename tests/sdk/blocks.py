"""
Blocks as tests run them, in `trace` or its twin, against a scripted service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from reflect_sdk import ReflectClient, TraceContext

from .scripted import MEMORY, RECEIPT, TRACE, Answer, Asked

MESSAGES = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "42"}]
Block = Callable[[TraceContext], None]


def answer(asked: Asked) -> Answer:
    if asked.path.endswith("/memory/query"):
        return Answer(body=[MEMORY])
    return Answer(body=RECEIPT if asked.method == "POST" else TRACE)


def run_block(client: ReflectClient, block: Block, *, world: str, **options: Any) -> TraceContext:
    """
    Run a block in `trace` or its twin.
    """
    if not world:
        with client.trace("Count", **options) as context:
            block(context)
        return context

    async def run() -> TraceContext:
        async with client.trace_async("Count", **options) as context:
            block(context)
        return context

    return asyncio.run(run())
