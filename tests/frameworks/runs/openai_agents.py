from __future__ import annotations

from typing import Any

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from scripted_model import TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    set_tracing_disabled(disabled=True)
    client = AsyncOpenAI(base_url=url, api_key="none")
    tools = [function_tool(add), function_tool(divide)]
    models = {
        "openai-agents": OpenAIResponsesModel("scripted", client),
        "openai-agents-chat": OpenAIChatCompletionsModel("scripted", client),
    }
    results = {
        name: Runner.run_sync(Agent(name="calc", tools=tools, model=model), TASK)
        for name, model in models.items()
    }
    items = results["openai-agents"].new_items
    return {
        **{name: result.to_input_list() for name, result in results.items()},
        "openai-agents-new-items": [
            {"type": item.type, "raw_item": item.raw_item, "output": getattr(item, "output", None)}
            for item in items
        ],
    }
