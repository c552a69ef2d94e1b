"""
Runs that raise: which exceptions fail them, what is said of them, and what stays.
"""

from __future__ import annotations

from typing import Any

import pytest

from reflect_sdk import (
    InvalidArgumentError,
    ReflectClient,
    TraceContext,
)

from .blocks import MESSAGES, answer, run_block
from .scripted import Scripted


class SecretError(Exception):
    """
    An exception that says what is nobody's business, and not always that.
    """

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (KeyError("sk-secret"), "The run raised KeyError."),
        (SecretError(), "The run raised SecretError."),
        (type("E" * 300, (Exception,), {})(), f"The run raised {'E' * 200}…."),
        (
            ExceptionGroup("all", [KeyError("x"), ExceptionGroup("more", [ValueError()])]),
            "The run raised KeyError, ValueError.",
        ),
    ],
)
def test_the_feedback_of_a_run_that_raised_is_the_kind_of_its_exception(
    service: Scripted, client: ReflectClient, raised: Exception, expected: str
):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES)
        raise raised

    with pytest.raises(type(raised)):
        run_block(client, block, world="")
    assert service.asked[-1].body["review"] == {"result": "fail", "feedback_text": expected}


@pytest.mark.parametrize(
    ("result", "feedback"), [("pass", "Looks right."), ("fail", "No month."), ("fail", None)]
)
def test_a_verdict_that_was_set_stands_whatever_is_raised_later(
    service: Scripted, client: ReflectClient, result: str, feedback: str | None
):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES, result=result, feedback_text=feedback)
        raise KeyError("table")

    with pytest.raises(KeyError):
        run_block(client, block, world="")
    body = service.asked[-1].body
    assert body["review"] == {"result": result, "feedback_text": feedback}


def test_a_failed_run_without_any_message_credits_nobody_and_makes_no_memory(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer

    def block(_: TraceContext) -> None:
        raise KeyError("table")

    with pytest.raises(KeyError):
        run_block(client, block, world=world)
    body = service.asked[-1].body
    assert (body["trajectory"], body["retrieved_memory_ids"], body["used_memory_ids"]) == (
        [],
        ["m1"],
        [],
    )
    assert body["review"] == {
        "result": "fail",
        "feedback_text": "The run raised KeyError.",
        "remember": False,
    }


def test_messages_are_handed_over_as_they_come(
    service: Scripted, client: ReflectClient, world: str
):
    service.always = answer
    message = {"role": "user", "content": "Count"}

    def block(context: TraceContext) -> None:
        context.add(message)
        with pytest.raises(InvalidArgumentError):
            context.add(5)  # type: ignore[arg-type]  # no message
        message["content"] = "changed"
        context.add({"role": "assistant", "content": "42"})

    run_block(client, block, world=world)
    assert service.asked[-1].body["trajectory"] == MESSAGES


@pytest.mark.parametrize("given", ["First", [{"role": "assistant", "content": "First"}]])
def test_an_output_takes_the_place_of_what_was_added_before_it(
    service: Scripted, client: ReflectClient, given: Any
):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.add({"role": "user", "content": "gone"})
        context.set_output(trajectory=given)
        context.add({"role": "user", "content": "Then"})

    run_block(client, block, world="")
    assert service.asked[-1].body["trajectory"] == [
        {"role": "assistant", "content": "First"},
        {"role": "user", "content": "Then"},
    ]


@pytest.mark.parametrize(
    ("fail_on", "raised", "fails"),
    [
        (KeyError, KeyError(), True),
        (KeyError, ValueError(), False),
        ((KeyError, ValueError), ValueError(), True),
        (ValueError, ExceptionGroup("", [KeyError(), ValueError()]), True),
        (TimeoutError, TimeoutError(), True),
        (lambda error: "own" in str(error), ValueError("own"), True),
        (lambda error: "own" in str(error), ValueError("other"), False),
        (lambda _: True, ConnectionError(), True),
        (lambda _: True, KeyboardInterrupt(), False),
        (False, ValueError(), False),
    ],
)
def test_which_exceptions_fail_a_run_may_be_told(
    service: Scripted, client: ReflectClient, fail_on: Any, raised: BaseException, fails: bool
):
    service.always = answer

    def block(context: TraceContext) -> None:
        context.set_output(trajectory=MESSAGES)
        raise raised

    with pytest.raises(type(raised)):
        run_block(client, block, world="", auto_fail_on_exception=fail_on)
    body = service.asked[-1].body
    assert ("review" in body, "ended" in body) == (fails, not fails)


@pytest.mark.parametrize("wrong", ["yes", None, 1, (KeyError, 5), int])
def test_what_cannot_say_which_exceptions_fail_a_run_is_refused_before_anything_is_sent(
    service: Scripted, client: ReflectClient, world: str, wrong: Any
):
    with pytest.raises(InvalidArgumentError, match="auto_fail_on_exception must be"):
        run_block(client, lambda _: None, world=world, auto_fail_on_exception=wrong)
    assert service.asked == []
