from __future__ import annotations

import asyncio
from typing import Any

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient
from scripted_model import TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    client = OpenAIChatClient(model="scripted", api_key="none", base_url=url)
    result = asyncio.run(Agent(client, tools=[add, divide]).run(TASK))
    return {"agent-framework": [message.to_dict() for message in result.messages]}
