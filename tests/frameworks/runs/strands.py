from __future__ import annotations

from typing import Any

from scripted_model import TASK
from strands import Agent, tool
from strands.models.openai import OpenAIModel
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    model = OpenAIModel(client_args={"base_url": url, "api_key": "none"}, model_id="scripted")
    agent = Agent(model=model, tools=[tool(add), tool(divide)], callback_handler=None)
    agent(TASK)
    return {"strands": agent.messages}
