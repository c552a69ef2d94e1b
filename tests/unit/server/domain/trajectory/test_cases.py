"""
What a run can have in it besides calls that work: each is read as what it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reflect_server.domain.trajectory import ToolCall, Trajectory

from .reflections import reflected

Run = list[dict[str, Any]]


class Case(NamedTuple):
    """
    A run and what is in it: its calls, each with what came of it, and its final answer.
    """

    run: Run
    calls: list[tuple[str, str]]
    answer: str
    not_understood: int = 0
    beginning_missing: bool = False


def sample(name: str) -> Run:
    path = Path(__file__).parent / "samples" / "cases" / f"{name}.json"
    run: Run = json.loads(path.read_text(encoding="utf-8"))
    return run


def outcome(call: ToolCall) -> str:
    if not call.ran:
        return "passed over"
    if call.error is not None:
        return "failed"
    return "worked" if call.worked else "open"


def chat_call(tool: str, arguments: Any = "{}", call_id: str = "c") -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": tool, "arguments": text}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def chat_answer(text: str, call_id: str = "c") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def use(tool: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": tool, "input": arguments}


def result(call_id: str, text: str, **marks: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": text, **marks}


DONE = {"role": "assistant", "content": "Done."}

CASES = {
    "a structured answer beside a tool that is run": Case(
        sample("pydantic-ai-structured"),
        [("add", "worked"), ("add", "failed"), ("unknown", "failed"), ("add", "worked")],
        '{"total": 5}',
    ),
    "a structured answer that was refused at first": Case(
        sample("langchain-structured"),
        [("add", "worked"), ("add", "failed"), ("mul", "failed")],
        '{"total": 5}',
    ),
    "a call that the model cut short": Case(sample("langchain-invalid"), [("add", "failed")], ""),
    "a hand-off taken, one ignored": Case(
        sample("openai-agents-handoffs"),
        [("transfer_to_sums", "worked"), ("transfer_to_words", "passed over"), ("add", "worked")],
        "The sum is 5.",
    ),
    "arguments that do not parse": Case(
        sample("openai-agents-unparsed"), [("add", "failed")], "I gave up."
    ),
    "parallel calls of which two fail": Case(
        sample("autogen-parallel"),
        [("add", "worked"), ("add", "failed"), ("mul", "failed")],
        "5\nError: Expecting value: line 1 column 15 (char 14)\n"
        "Error: tool 'mul' not found in any workbench",
    ),
    "arguments that do not parse, and a tool that ran with its defaults": Case(
        [chat_call("purge", '{"days": 36'), chat_answer("Purged everything."), DONE],
        [("purge", "failed")],
        "Done.",
    ),
    "a tool that was left out beside the final answer": Case(
        [
            {"kind": "response", "parts": [
                {"part_kind": "tool-call", "tool_name": "final_result", "args": {"n": 1},
                 "tool_call_id": "a"},
                {"part_kind": "tool-call", "tool_name": "mail", "args": "{}", "tool_call_id": "b"},
            ]},
            {"kind": "request", "parts": [
                {"part_kind": "tool-return", "tool_name": "final_result", "tool_call_id": "a",
                 "content": "Final result processed.", "outcome": "success"},
                {"part_kind": "tool-return", "tool_name": "mail", "tool_call_id": "b",
                 "content": "Tool not executed - a final result was already processed.",
                 "outcome": "success"},
            ]},
        ],
        [("mail", "passed over")],
        '{"n": 1}',
    ),
    "a failure as Pydantic AI 1 writes it": Case(
        [
            {"kind": "response", "parts": [
                {"part_kind": "tool-call", "tool_name": "add", "args": "{}", "tool_call_id": "a"}]},
            {"kind": "request", "parts": [
                {"part_kind": "retry-prompt", "tool_name": "add", "tool_call_id": "a",
                 "content": [{"type": "missing", "loc": ["a"], "msg": "Field required"}]}]},
        ],
        [("add", "failed")],
        "",
    ),
    "a call retried under one id": Case(
        [
            chat_call("book", {"room": 7}), chat_answer("Error: room 7 is taken"),
            chat_call("book", {"room": 8}), chat_answer("Booked."), DONE,
        ],
        [("book", "failed"), ("book", "worked")],
        "Done.",
    ),
    "a call that was made again without being written again": Case(
        [chat_call("book"), chat_answer("Error: timed out"), chat_answer("Booked."), DONE],
        [("book", "failed"), ("book", "worked")],
        "Done.",
    ),
    "a call and its twin under one id": Case(
        [
            {"role": "assistant", "content": [use("book", "a", room=7), use("book", "a", room=8)]},
            {"role": "user", "content": [result("a", "Booked.")]},
            DONE,
        ],
        [("book", "open"), ("book", "worked")],
        "Done.",
    ),
    "one call in two forms": Case(
        [
            {"type": "ai", "content": [use("book", "a", room=7)],
             "tool_calls": [{"name": "book", "args": {"room": 7}, "id": "a"}]},
            {"type": "tool", "tool_call_id": "a", "content": "Booked.", "status": "success"},
            DONE,
        ],
        [("book", "worked")],
        "Done.",
    ),
    "a call without a result, where the stream was cut": Case(
        [chat_call("book"), chat_answer("Booked."), chat_call("mail", call_id="d")],
        [("book", "worked"), ("mail", "open")],
        "",
    ),
    "the messages of another agent, which a call has started": Case(
        [
            {"type": "user", "message": {"role": "user", "content": "Tidy up."}},
            {"type": "assistant", "parent_tool_use_id": None,
             "message": {"role": "assistant", "content": [use("Task", "t", prompt="look")]}},
            {"type": "assistant", "parent_tool_use_id": "t",
             "message": {"role": "assistant", "content": [use("Read", "r", path="a")]}},
            {"type": "user", "parent_tool_use_id": "t",
             "message": {"role": "user", "content": [result("r", "text", is_error=False)]}},
            {"type": "assistant", "parent_tool_use_id": "t", "message": {
                "role": "assistant", "content": [{"type": "text", "text": "I have looked."}]}},
        ],
        [("Task", "open"), ("Read", "worked")],
        "",
    ),
    "reasoning and images beside the texts": Case(
        [
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:"}},
                {"type": "text", "text": "What is it?"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Looks blue."}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "A bird?"},
                {"type": "reasoning", "text": "Sure."},
                {"type": "text", "text": "A blue bird."}]},
            {"role": "model", "parts": [{"text": "Hm.", "thought": True}]},
        ],
        [],
        "A blue bird.",
    ),
    "interface messages of the AI SDK": Case(
        [
            {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Book."}]},
            {"id": "2", "role": "assistant", "parts": [
                {"type": "step-start"},
                {"type": "tool-book", "toolCallId": "a", "state": "output-available",
                 "input": {"room": 7}, "output": {"ok": True}},
                {"type": "tool-mail", "toolCallId": "b", "state": "output-error",
                 "input": {}, "errorText": "no such address"},
                {"type": "dynamic-tool", "toolName": "pay", "toolCallId": "c",
                 "state": "input-available", "input": {"sum": 3}},
                {"type": "text", "text": "Booked.", "state": "done"}]},
        ],
        [("book", "worked"), ("mail", "failed"), ("pay", "open")],
        "Booked.",
    ),
    "messages as OpenTelemetry has them": Case(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Add."}]},
            {"role": "assistant", "finish_reason": "tool_call", "parts": [
                {"type": "tool_call", "id": "a", "name": "add", "arguments": {"a": 2, "b": 3}}]},
            {"role": "tool", "parts": [
                {"type": "tool_call_response", "id": "a", "response": "5"}]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Easy."}, {"type": "text", "content": "5."}]},
        ],
        [("add", "worked")],
        "5.",
    ),
    "a span of OpenInference that lost the first messages": Case(
        [
            {"name": "ChatCompletion", "attributes": {
                "llm.input_messages.10.message.role": "tool",
                "llm.input_messages.10.message.content": "5",
                "llm.input_messages.10.message.tool_call_id": "a",
                "llm.input_messages.9.message.role": "assistant",
                "llm.input_messages.9.message.tool_calls.0.tool_call.id": "a",
                "llm.input_messages.9.message.tool_calls.0.tool_call.function.name": "add",
                "llm.input_messages.9.message.tool_calls.0.tool_call.function.arguments": "{}",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "It is 5.",
            }},
        ],
        [("add", "worked")],
        "It is 5.",
        beginning_missing=True,
    ),
    "steps of DSPy of which the first are gone": Case(
        [{f"{name}_{n}": value for n in (10, 2, 9) for name, value in {
            "observation": n, "tool_args": {"n": n}, "tool_name": f"t{n}", "thought": "So."
        }.items()}],
        [("t2", "worked"), ("t9", "worked"), ("t10", "worked")],
        "",
        beginning_missing=True,
    ),
    "a run whose beginning was cut off": Case(
        [
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "a", "status": "success", "content": [{"text": "5"}]}}
            ]},
            {"role": "assistant", "content": [{"text": "It is 5."}]},
        ],
        [("", "worked")],
        "It is 5.",
        beginning_missing=True,
    ),
    "an action of smolagents of whose calls one failed": Case(
        [
            {"step_number": 1, "tool_calls": [], "observations": None,
             "error": {"type": "AgentToolExecutionError",
                       "message": "Error executing tool 'divide' with arguments {'a': 1}: E: x"},
             "model_output_message": {"role": "assistant", "content": None, "tool_calls": [
                 {"id": "1", "function": {"name": "add", "arguments": {"a": 2}}},
                 {"id": "2", "function": {"name": "divide", "arguments": {"a": 1}}}]}},
            {"step_number": 2, "is_final_answer": True, "action_output": "Six.", "tool_calls": [
                {"id": "3", "function": {"name": "final_answer", "arguments": {"answer": "x"}}}]},
        ],
        [("add", "open"), ("divide", "failed")],
        "Six.",
    ),
    "an exception of a tool that the Agent Development Kit records as an event": Case(
        [
            {"author": "calc", "content": {"role": "model", "parts": [
                {"functionCall": {"id": "x", "name": "add", "args": {"a": 1}}}]}},
            {"author": "calc", "errorCode": "ZeroDivisionError", "errorMessage": "division"},
        ],
        [("add", "failed")],
        "",
    ),
    "an answer that the model was not allowed to give": Case(
        [
            {"author": "user", "content": {"role": "user", "parts": [{"text": "Hi"}]}},
            {"author": "calc", "error_code": "SAFETY", "error_message": "blocked"},
        ],
        [],
        "",
    ),
    "a refused call of Agno without a mark": Case(
        [
            chat_call("refund", {"order": 17}),
            {"role": "tool", "tool_call_id": "c", "tool_name": "refund", "tool_call_error": None,
             "content": "Tool call limit reached. Tool call refund not executed. "
             "Don't try to execute it again."},
            DONE,
        ],
        [("refund", "failed")],
        "Done.",
    ),
    "tools of a team's members": Case(
        [
            {"run_id": "r", "content": "All is booked.", "status": "COMPLETED",
             "member_responses": [{"run_id": "m", "messages": [
                 {"role": "user", "content": "Book."}, chat_call("book"), chat_answer("Booked."),
                 {"role": "assistant", "content": "I have booked."}]}],
             "messages": [{"role": "user", "content": "Book a room."},
                          {"role": "assistant", "content": "All is booked."}]},
        ],
        [("book", "worked")],
        "All is booked.",
    ),
    "a tool of an MCP server as the Responses API has it": Case(
        [
            {"type": "mcp_call", "id": "m1", "name": "find", "arguments": "{}", "output": "7"},
            {"type": "mcp_call", "id": "m2", "name": "book", "arguments": "{}", "error": "taken"},
            {"type": "web_search_call", "id": "w", "status": "completed",
             "action": {"type": "search", "query": "rooms"}},
            {"type": "custom_tool_call", "call_id": "k", "name": "shell", "input": "ls -l"},
            {"type": "custom_tool_call_output", "call_id": "k", "output": "a.txt"},
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "Found."}]},
        ],
        [("find", "worked"), ("book", "failed"), ("web_search", "open"), ("shell", "worked")],
        "Found.",
    ),
    "a call at which the model was cut off": Case(
        [
            {"type": "ai", "content": "", "response_metadata": {"finish_reason": "length"},
             "tool_calls": [{"name": "purge", "args": {"days": 3}, "id": "c"}]},
            {"type": "tool", "tool_call_id": "c", "content": "Purged.", "status": "success"},
            DONE,
        ],
        [("purge", "failed")],
        "Done.",
    ),
    "a last answer that the framework has written": Case(
        [
            {"type": "message", "role": "assistant", "contents": [
                {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"}]},
            {"type": "message", "role": "tool", "contents": [
                {"type": "function_result", "call_id": "c", "result": "5"}]},
            {"type": "message", "role": "assistant", "contents": [
                {"type": "text", "text": "Function invocation limit reached before a final answer "
                 "could be produced."}]},
        ],
        [("add", "worked")],
        "",
    ),
    "an endpoint that failed": Case(
        [{"run_id": "r", "agent_id": "a", "content": "Connection refused", "status": "ERROR"}],
        [],
        "",
    ),
    "a run of Strands whose task was cut off": Case(
        [
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "a", "name": "add", "input": {"a": 2}}}]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "a", "status": "success", "content": [{"json": 5}]}}]},
            {"role": "assistant", "content": [{"text": "It is 5."}]},
        ],
        [("add", "worked")],
        "It is 5.",
        beginning_missing=True,
    ),
    "an agent that writes code": Case(
        [
            {"step_number": 1, "observations": "Execution logs:\n5", "error": None, "tool_calls": [
                {"id": "1", "type": "function", "function": {
                    "name": "python_interpreter", "arguments": "print(2 + 3)"}}]},
            {"step_number": 2, "is_final_answer": True, "action_output": 5, "tool_calls": []},
        ],
        [("python_interpreter", "worked")],
        "5",
    ),
    "an agent that writes code, in OpenAI's chat API": Case(
        [
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}]},
            chat_answer("a.txt"),
            DONE,
        ],
        [("shell", "worked")],
        "Done.",
    ),
    "an error that a tool of MCP tells in an object": Case(
        [chat_call("book"),
         chat_answer('{"content": [{"type": "text", "text": "taken"}], "isError": true}'), DONE],
        [("book", "failed")],
        "Done.",
    ),
    "a span of Traceloop with dropped attributes": Case(
        [
            {"name": "openai.chat", "dropped_attributes": 3, "attributes": {
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "Add.",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.tool_calls.0.id": "a",
                "gen_ai.completion.0.tool_calls.0.name": "add",
                "gen_ai.completion.0.tool_calls.0.arguments": "{}",
            }},
        ],
        [("add", "open")],
        "",
        beginning_missing=True,
    ),
    "parts that stand alone": Case(
        [
            {"type": "tool_call", "id": "a", "name": "add", "arguments": {"a": 1}},
            {"type": "tool_call_response", "id": "a", "response": {"sum": 5}},
            {"function_call": {"id": "b", "name": "divide", "args": {"a": 1}}},
            {"function_response": {"id": "b", "name": "divide", "response": {"error": "zero"}}},
            {"toolUse": {"toolUseId": "c", "name": "mail", "input": {}}},
            {"toolResult": {"toolUseId": "c", "status": "error", "content": [{"text": "no"}]}},
            {"tool_call": {"tool_name": "find", "arguments": {}, "id": "d"}},
            {"tool_call_result": {"result": "7", "error": False, "origin": {"id": "d"}}},
            {"type": "tool-call", "toolCallId": "e", "toolName": "pay", "input": {}},
            {"type": "tool-result", "toolCallId": "e", "toolName": "pay",
             "output": {"type": "error-text", "value": "no money"}},
            {"tool": "list", "input": {}, "output": "two", "items": [{"id": 1}, {"id": 2}]},
        ],
        [("add", "worked"), ("divide", "failed"), ("mail", "failed"), ("find", "worked"),
         ("pay", "failed"), ("list", "worked")],
        "",
    ),
    "messages with an author beside the role": Case(
        [
            {**chat_call("book"), "author": "desk", "source": "desk"},
            {**chat_answer("Booked."), "author": "desk"},
            {**DONE, "author": "desk", "source": "desk"},
        ],
        [("book", "worked")],
        "Done.",
    ),
    "records that nobody knows": Case(
        [{"foo": 1}, {"type": "blip", "payload": {"a": 1}}, {"role": "assistant", "content": "Hi"}],
        [],
        "Hi",
        not_understood=2,
    ),
}  # fmt: skip  # a run, a message per line


@pytest.mark.parametrize("case", CASES)
def test_each_is_read_as_what_it_is(case: str):
    run, calls, answer, not_understood, beginning_missing = CASES[case]
    trajectory = Trajectory.of(run)
    assert [(call.tool, outcome(call)) for call in trajectory.calls] == calls
    assert trajectory.final_response == answer
    assert Trajectory.of(run).final_response == answer
    reading = trajectory.reading
    assert reading.failures == sum(what == "failed" for _, what in calls)
    assert reading.not_understood == not_understood
    assert reading.beginning_missing == beginning_missing


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_said_to_have_worked_that_did_not(case: str):
    run, calls, *_ = CASES[case]
    said = reflected(run)
    worked = {tool for tool, what in calls if what == "worked"}
    claimed = [line for line in said.correct_action.splitlines() if line.startswith("Worked: ")]
    assert {line.removeprefix("Worked: ").partition("(")[0] for line in claimed} <= worked
    called = {tool for tool, what in calls if what != "passed over" and tool}
    assert set(said.tools_used) == called


def test_of_a_run_that_is_not_understood_nothing_is_claimed():
    said = reflected([{"foo": 1}, {"bar": {"tool": "refund"}}])
    assert said.guidance == (
        "The run passed, but its record was not understood: nothing is known of how."
    )
    assert (said.correct_action, said.key_mistake, said.tools_used) == ("", "", ())
