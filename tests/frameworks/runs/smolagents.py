from __future__ import annotations

from typing import Any

from scripted_model import TASK
from smolagents import OpenAIModel, ToolCallingAgent, tool
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    model = OpenAIModel("scripted", api_base=url, api_key="none")
    agent = ToolCallingAgent(tools=[tool(add), tool(divide)], model=model, verbosity_level=0)
    agent.run(TASK)
    messages = [message.dict() for message in agent.write_memory_to_messages()[1:]]
    return {"smolagents": agent.memory.get_succinct_steps(), "smolagents-messages": messages}
