from __future__ import annotations

import asyncio
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from scripted_model import TASK
from sums import add, divide

_ABLE = {
    "vision": False,
    "function_calling": True,
    "json_output": False,
    "family": "unknown",
    "structured_output": False,
}


async def _run(url: str) -> dict[str, Any]:
    client = OpenAIChatCompletionClient(
        model="scripted", base_url=url, api_key="none", model_info=_ABLE
    )
    agent = AssistantAgent("calc", client, tools=[add, divide], max_tool_iterations=5)
    result = await agent.run(task=TASK)
    kept = await agent.model_context.get_messages()
    return {"autogen": result.messages, "autogen-context": kept}


def runs(url: str) -> dict[str, Any]:
    return asyncio.run(_run(url))
