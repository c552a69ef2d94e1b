from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sums
from google.adk.agents import LlmAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types
from scripted_model import TASK


def divide(a: int, b: int) -> dict[str, Any]:
    """
    Divide two numbers.
    """
    try:
        return {"result": a / b}
    except ZeroDivisionError as error:
        return {"error": str(error)}


async def _events(url: str, divide: Callable[..., Any]) -> list[Any]:
    model = LiteLlm("openai/scripted", api_base=url, api_key="none")
    runner = InMemoryRunner(
        agent=LlmAgent(name="calc", model=model, tools=[sums.add, divide]), app_name="calc"
    )
    sessions = runner.session_service
    session = await sessions.create_session(app_name="calc", user_id="u")
    asked = types.Content(role="user", parts=[types.Part(text=TASK)])
    with suppress(ZeroDivisionError):
        async for _ in runner.run_async(user_id="u", session_id=session.id, new_message=asked):
            pass
    kept = await sessions.get_session(app_name="calc", user_id="u", session_id=session.id)
    return list(kept.events)


def runs(url: str) -> dict[str, Any]:
    told = asyncio.run(_events(url, divide))
    raised = asyncio.run(_events(url, sums.divide))

    def dumped(events: list[Any], *, by_alias: bool = False) -> list[Any]:
        return [one.model_dump(mode="json", exclude_none=True, by_alias=by_alias) for one in events]

    return {
        "google-adk": dumped(told),
        "google-adk-alias": dumped(told, by_alias=True),
        "google-adk-raised": dumped(raised),
    }
