from __future__ import annotations

import json
from typing import Any

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelMessagesTypeAdapter
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from scripted_model import TASK
from sums import add


def divide(a: int, b: int) -> float:
    try:
        return a / b
    except ZeroDivisionError as error:
        raise ModelRetry(str(error)) from error


def runs(url: str) -> dict[str, Any]:
    provider = OpenAIProvider(base_url=url, api_key="none")
    agent = Agent(OpenAIChatModel("scripted", provider=provider), tools=[add, divide])
    messages = agent.run_sync(TASK).all_messages()
    return {"pydantic-ai": json.loads(ModelMessagesTypeAdapter.dump_json(messages))}
