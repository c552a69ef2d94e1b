from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import wrap_tool_call
from langchain_core.load import dumpd
from langchain_core.messages import ToolMessage, messages_to_dict
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from scripted_model import TASK
from sums import add, divide


def _handler(**marks: str) -> Any:
    @wrap_tool_call
    def handle(request: Any, call: Callable[[Any], ToolMessage]) -> ToolMessage:
        try:
            return call(request)
        except ZeroDivisionError as error:
            text = str(error) if marks else f"Tool error: {error}"
            return ToolMessage(text, tool_call_id=request.tool_call["id"], **marks)

    return handle


def runs(url: str) -> dict[str, Any]:
    model = ChatOpenAI(model="scripted", base_url=url, api_key="none")
    told = {
        name: create_agent(model, [tool(add), tool(divide)], middleware=[handler]).invoke(
            {"messages": [{"role": "user", "content": TASK}]}
        )["messages"]
        for name, handler in (("handler", _handler()), ("status", _handler(status="error")))
    }
    return {
        **{f"langchain-{name}": messages for name, messages in told.items()},
        "langchain-to-dict": messages_to_dict(told["status"]),
        "langchain-dumpd": [dumpd(message) for message in told["status"]],
    }
