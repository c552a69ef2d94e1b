from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.llms.openai_like import OpenAILike
from scripted_model import TASK
from sums import add, divide


async def _run(url: str) -> dict[str, Any]:
    model = OpenAILike(
        model="scripted",
        api_base=url,
        api_key="none",
        is_chat_model=True,
        is_function_calling_model=True,
    )
    memory = ChatMemoryBuffer.from_defaults()
    agent = FunctionAgent(tools=[add, divide], llm=model, streaming=False)
    output = await agent.run(TASK, memory=memory)
    return {"llama-index": memory.get_all(), "llama-index-tools": output.tool_calls}


def runs(url: str) -> dict[str, Any]:
    return asyncio.run(_run(url))
