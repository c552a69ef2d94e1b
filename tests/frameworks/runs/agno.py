from __future__ import annotations

from typing import Any

from agno.agent import Agent
from agno.models.openai import OpenAIChat
from scripted_model import TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    model = OpenAIChat(id="scripted", base_url=url, api_key="none")
    output = Agent(model=model, tools=[add, divide], telemetry=False).run(TASK)
    return {"agno": [message.to_dict() for message in output.messages], "agno-run": output}
