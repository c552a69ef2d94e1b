from __future__ import annotations

import dataclasses
from typing import Any

from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack.utils import Secret
from scripted_model import TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    generator = OpenAIChatGenerator(
        api_key=Secret.from_token("none"), model="scripted", api_base_url=url
    )
    tools = [create_tool_from_function(add), create_tool_from_function(divide)]
    agent = Agent(chat_generator=generator, tools=tools)
    messages = agent.run(messages=[ChatMessage.from_user(TASK)])["messages"]
    return {
        "haystack": [message.to_dict() for message in messages],
        "haystack-openai": [message.to_openai_dict_format() for message in messages],
        "haystack-dc": [dataclasses.asdict(message) for message in messages],
    }
