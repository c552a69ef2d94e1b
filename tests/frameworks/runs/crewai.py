from __future__ import annotations

from typing import Any

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from scripted_model import TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    model = LLM(model="openai/gpt-4o-mini", base_url=url, api_key="none")
    tools = [tool("add")(add), tool("divide")(divide)]
    agent = Agent(role="calc", goal="Calculate.", backstory="Exact.", tools=tools, llm=model)
    task = Task(description=TASK, expected_output="Numbers.", agent=agent)
    output = Crew(agents=[agent], tasks=[task], verbose=False).kickoff()
    return {"crewai": output.tasks_output, "crewai-output": output}
