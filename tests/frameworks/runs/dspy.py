from __future__ import annotations

from typing import Any

import dspy
from dspy.utils import DummyLM
from scripted_model import ANSWER, TASK
from sums import add, divide


def runs(url: str) -> dict[str, Any]:
    steps = [
        ("Add first.", "add", {"a": 2, "b": 3}),
        ("Now divide.", "divide", {"a": 1, "b": 0}),
        ("Done.", "finish", {}),
    ]
    script = [
        {"next_thought": thought, "next_tool_name": name, "next_tool_args": arguments}
        for thought, name, arguments in steps
    ]
    dspy.configure(lm=DummyLM([*script, {"reasoning": "Both were tried.", "answer": ANSWER}]))
    said = dspy.ReAct("question -> answer", tools=[add, divide])(question=TASK)
    return {"dspy": said.trajectory, "dspy-prediction": dict(said.items())}
