"""
Which answers of tools are failures, where a framework has a mark and where it has a text alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from reflect_server.domain.trajectory import ToolCall, Trajectory

from .reflections import reflected
from .test_cases import chat_call


def of_chat(tool: str, answer: str, arguments: str = "{}", **marks: Any) -> ToolCall:
    message = {"role": "tool", "tool_call_id": "c", "content": answer, **marks}
    (call,) = Trajectory([chat_call(tool, arguments), message]).calls
    return call


@pytest.mark.parametrize(
    ("tool", "answer"),
    [
        ("refund", "An error occurred while running the tool. Please try again."),
        ("refund", "An error occurred while running the tool. Please try again. Error: locked"),
        ("search_logs", "An error occurred while running the tool. Please try again. Error: down"),
        ("refund", "Error executing tool refund"),
        ("refund", "Error executing tool refund: order 17 is locked"),
        ("shop_refund", "Error executing tool refund: order 17 is locked"),
        ("refund", "Unknown tool: refund"),
        ("refund", "Error executing tool: order 17 is locked"),
        ("refund", "Error executing tool 'refund' with arguments {'order': 17}: KeyError: 17"),
        ("refund", "Error executing tool 'refund' with kwargs {'a': 1} with error:\n x\n Please"),
        ("refund", "Failed to invoke Tool `refund` with parameters {'order': 17}. Error: locked"),
        ("refund", "Tool 'refund' not found. Available tools: search, pay"),
        ("refund", "Tool refund not found. Please select a tool that is available."),
        ("refund", "Error: refund is not a valid tool, try one of [pay]."),
        ("refund", "Error: locked\n Please fix your mistakes."),
        ("refund", "Error: Function failed."),
        ("refund", 'Error: Requested function "refund" not found.'),
        ("refund", "Error while decoding function arguments: x\n\nPlease json.loads() and retry."),
        ("refund", "Error while decoding function arguments: Expecting value: line 1"),
        ("refund", "Tool call limit reached. Tool call refund not executed. Don't try again."),
        ("refund", "Tool call limit exceeded. Do not call 'refund' again."),
        ("refund", "Execution error in refund: \nTraceback (most recent call last):\nKeyError: 1"),
        ("refund", "Tool error: order 17 is locked"),
        ("refund", "Encountered error: order 17 is locked"),
        ("refund", "Error: order 17 is locked"),
        ("refund", "ValueError: 17"),
        ("refund", "division by zero"),
        ("refund", "[Errno 2] No such file or directory: 'orders.csv'"),
        ("refund", "refund() missing 1 required positional argument: 'order'"),
        ("search_logs", "Error executing tool search_logs"),
        ("send_message", "Error: nobody has this number"),
        ("create_ticket", "Error: the title is missing"),
        ("write_file", "Error: the disk is full"),
        ("find_user_by_email", "Error: user not found"),
        ("log_in", "Error: wrong password"),
        ("search_flights", "Error: no such airport"),
        ("read_file", "Error: file not found"),
        ("search_logs", '{"error": "the index is closed"}'),
    ],
)
def test_the_whole_text_of_a_framework_is_a_failure(tool: str, answer: str):
    assert of_chat(tool, answer).error is not None


def test_an_answer_about_what_was_asked_for_is_a_failure():
    asked = '{"path": "orders.csv"}'
    assert of_chat("read_file", "Error: cannot open orders.csv", asked).error
    assert of_chat("sql", "OperationalError: no such table: logs", '{"q": "FROM logs"}').error


SUCCESSES = [
    ("search_logs", "Error: disk full at 12:03\nError: disk full at 12:04", "{}"),
    ("grep", "ValueError: invalid literal for int()", '{"pattern": "ValueError"}'),
    ("tail_file", "Traceback (most recent call last):\n  File 'a.py'\nKeyError: 1", "{}"),
    ("shell", "Error: no route to host", '{"command": "grep Error app.log"}'),
    ("search_docs", "Error executing tool refund: what to do when this is shown", "{}"),
    ("search_docs", "Unknown tool: hammer drill, see page 9", "{}"),
    ("fetch_page", "Tool error: an introduction to typing mistakes of machines", "{}"),
    ("read_ticket", "Error: it says this when I press pay", '{"ticket": 9}'),
    ("find_tools", "Unknown tool: hammer", "{}"),
    ("lookup", "Tool call limit reached nowhere today", "{}"),
    ("lookup", "An error occurred while running the tool. Please try again. Seen 14 times.", "{}"),
    ("lookup", "Failed to invoke Tool `pay` with parameters {}. Error: seen by 3 customers", "{}"),
    ("lookup", "Error executing tool pay", "{}"),
    ("lookup", "division by zero is undefined", "{}"),
    ("lookup", "Multiple handoffs detected, ignoring this one. That is what it logs.", "{}"),
    ("lookup", "Final answers are due on Monday", "{}"),
    ("last_errors", "Error: disk full", "{}"),
]


@pytest.mark.parametrize(("tool", "answer", "arguments"), SUCCESSES)
def test_an_answer_that_only_begins_like_it_is_a_success(tool: str, answer: str, arguments: str):
    call = of_chat(tool, answer, arguments)
    assert call.error is None
    assert call.worked
    run = [chat_call(tool, '{"q": "x"}' if arguments == "{}" else arguments),
           {"role": "tool", "tool_call_id": "c", "content": answer},
           {"role": "assistant", "content": "Found."}]  # fmt: skip  # a run
    said = reflected(run)
    assert f"Worked: {tool}(" in said.correct_action
    assert "failed" not in said.text


@pytest.mark.parametrize(
    "answered",
    [
        {"role": "tool", "tool_call_id": "c", "tool_call_error": False, "content": "Error: full"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c",
                                      "is_error": False, "content": "Error: full"}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "status": "success",
                                                     "content": [{"text": "Error: full"}]}}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "toolName": "b",
                                      "output": {"type": "text", "value": "Error: full"}}]},
        {"role": "tool", "content": [{"tool_call_result": {
            "result": "Error: full", "error": False, "origin": {"tool_name": "b", "id": "c"}}}]},
        {"kind": "request", "parts": [{"part_kind": "tool-return", "tool_call_id": "c",
                                       "content": "Error: full", "outcome": "success"}]},
        {"type": "message", "role": "tool", "contents": [
            {"type": "function_result", "call_id": "c", "result": "Error: full"}]},
        {"type": "ToolCallExecutionEvent", "source": "a", "content": [
            {"call_id": "c", "name": "b", "content": "Error: full", "is_error": False}]},
    ],
    ids=["agno", "anthropic", "strands", "vercel", "haystack", "pydantic-ai", "agent-framework",
         "autogen"],
)  # fmt: skip  # an answer per line
def test_a_mark_of_success_decides(answered: dict[str, Any]):
    (call,) = Trajectory([chat_call("build"), answered]).calls
    assert call.worked
    assert call.result == "Error: full"


def test_a_mark_of_failure_decides_whatever_the_text():
    assert of_chat("build", "all is well", status="error").error == "all is well"
    assert of_chat("build", "", tool_call_error=True).error
