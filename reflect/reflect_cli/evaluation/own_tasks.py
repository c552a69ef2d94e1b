"""
Your own tasks: does memory help your agent solve them?

Each task is solved twice per epoch, without memory and with it, by a function of yours; another one
grades the answers. The runs with memory are recorded and reviewed as in any application, so that
later tasks are given what earlier ones have taught.
"""

from __future__ import annotations

import importlib.util
import inspect
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from reflect_sdk import ReflectClient

from .errors import EvaluationError
from .results import OURS, Evaluation, Measurement, Outcome
from .service import Service, given_service, running_service

WITHOUT = "without memory"
WITH = f"{OURS} (defaults)"

OwnTask = str | Mapping[str, Any]
"""A task: its text, or an object with the text under `task` and whatever grading needs beside."""

Solve = Callable[[str], str]
"""Takes a prompt, the task with or without memories behind it, and returns the answer."""

Grade = Callable[[Any, str], "bool | tuple[bool, str]"]
"""Takes a task as it was given and an answer; returns whether that passes, or that and feedback."""

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """
    How the tasks are run.

    Attributes:
        epochs: How often each task is asked. In the first, only other tasks can have taught it.
        repeats: How often all of that is done from the start, in another order; more of them make
            the interval narrower where the agent is not deterministic.
        limit: How many memories the agent is given at the most.
    """

    epochs: int = 3
    repeats: int = 1
    limit: int = 3


@dataclass(frozen=True, slots=True)
class OwnTasks:
    """
    What a user's file defines.

    Attributes:
        tasks: The tasks.
        solve: Solves one.
        grade: Grades an answer.
    """

    tasks: tuple[OwnTask, ...]
    solve: Solve
    grade: Grade


def does_memory_help(
    tasks: Iterable[OwnTask],
    solve: Solve,
    grade: Grade,
    *,
    epochs: int = 3,
    repeats: int = 1,
    limit: int = 3,
    workers: int = 1,
    base_url: str | None = None,
    api_key: str | None = None,
) -> Evaluation:
    """
    Solve your tasks without memory and with it.

    Use it before you depend on memory, or in a regression test of your agent.

    Args:
        tasks: At least two. Each is its text, or a mapping with the text under `task`.
        solve: Called with a prompt, which is the text with or without memories behind it; returns
            the answer. An exception counts as a mistake of the function and ends the evaluation.
        grade: Called with a task as it was given and an answer; returns whether it passes, or a
            tuple of that and feedback on what went wrong, which the memory will quote.
        epochs: How often each task is asked, from 1; 3 by default.
        repeats: How often everything is done from the start, from 1; 1 by default.
        limit: How many memories the agent is given at the most, from 1 to 100; 3 by default.
        workers: How many repeats run at once; 1 by default, as functions may not be made for more.
        base_url: The server to use, which keeps nothing of this; by default one that is started for
            this.
        api_key: A master key of that server; needed with `base_url`.

    Returns:
        The evaluation. `verdict(evaluation)` says in a sentence whether memory helps;
        `evaluation.margin(WITH, WITHOUT, evaluation.conditions[-1])` is the gain in the last epoch.

    Raises:
        EvaluationError: There are fewer than two tasks, one has no text, a function raises, is
            asynchronous or grades by something else than True and False, the server cannot be
            used, or it did not do its part.

    Example:
        >>> evaluation = does_memory_help(questions, agent.answer, is_right)
        >>> print(verdict(evaluation))
    """
    own = OwnTasks(tuple(tasks), solve, grade)
    with (
        running_service(workers)
        if base_url is None
        else given_service(base_url, api_key or "", workers)
    ) as service:
        return evaluate_own_tasks(service, own, OwnSettings(epochs, repeats, limit))


def evaluate_own_tasks(service: Service, own: OwnTasks, settings: OwnSettings) -> Evaluation:
    """
    Solve a user's tasks without memory and with it; see `does_memory_help`.

    Args:
        service: The server.
        own: The tasks and the functions.
        settings: How they are run.

    Raises:
        EvaluationError: There are fewer than two tasks, one has no text, or a function raises, is
            asynchronous or grades by something else than True and False.
        ReflectError: The server did not do its part.
    """
    texts = [_text(task) for task in own.tasks]
    if len(texts) < 2:
        raise EvaluationError(
            f"An interval needs at least 2 tasks, found {len(texts)}. Define more in `tasks`."
        )
    parts = [partial(_repeat, service, own, settings, n) for n in range(settings.repeats)]
    repeats = service.in_parallel(parts)
    measurements = []
    for epoch in range(settings.epochs):
        condition = f"epoch {epoch + 1}" + (" (first meeting)" if epoch == 0 else "")
        for place, strategy in enumerate((WITHOUT, WITH)):
            outcomes = tuple(
                Outcome(sum(repeat[epoch][task][place] for repeat in repeats) / len(repeats))
                for task in range(len(texts))
            )
            measurements.append(Measurement(strategy, condition, outcomes))
    return Evaluation(
        protocol="own-tasks",
        title=f"{len(texts)} tasks of yours: solved without memory and with it",
        agent="yours",
        unit="task",
        time="",
        settings={
            "tasks": len(texts),
            "epochs": settings.epochs,
            "repeats": settings.repeats,
            "limit": settings.limit,
        },
        measurements=tuple(measurements),
    )


def verdict(evaluation: Evaluation) -> str:
    """
    Say in a sentence whether memory helps in the last epoch.

    Args:
        evaluation: What `does_memory_help` returned.

    Raises:
        EvaluationError: It is another evaluation.
    """
    condition = evaluation.conditions[-1]
    gain = evaluation.margin(WITH, WITHOUT, condition)
    if gain is None:
        raise EvaluationError("This is no evaluation of own tasks.")
    interval = f"95% interval {gain.low:+.0%} to {gain.high:+.0%}"
    said = f"{gain.mean:+.0%} of the tasks in {condition}, {interval}"
    if gain.low > 0:
        return f"Memory helps: {said}."
    if gain.high < 0:
        return f"Memory hurts: {said}."
    return f"It cannot be told whether memory helps: {said}. More tasks or repeats narrow it."


def steps_of(own: OwnTasks, settings: OwnSettings) -> int:
    """
    Return how many steps `evaluate_own_tasks` counts, for progress bars.

    Args:
        own: The tasks.
        settings: How they are run.
    """
    return 2 * len(own.tasks) * settings.epochs * settings.repeats


def load_own_tasks(path: Path) -> OwnTasks:
    """
    Load a Python file that defines `tasks`, `solve` and `grade`.

    Args:
        path: The file. It is run, with its folder on the import path from then on. `tasks` is a
            list, or a function that returns one; see `OwnTask`, `Solve` and `Grade`.

    Raises:
        EvaluationError: The file is missing, raises, or lacks one of them.
    """
    spec = importlib.util.spec_from_file_location("reflect_own_tasks", path)
    if spec is None or spec.loader is None or not path.is_file():
        what = "is no Python file" if path.exists() else "does not exist"
        raise EvaluationError(f"{path} {what}. Give a Python file that defines your tasks.")
    module = importlib.util.module_from_spec(spec)
    # For good, as functions may import when they are called, and dataclasses look their module up.
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        given = getattr(module, "tasks", None)
        tasks = given() if callable(given) else given
    except Exception as error:
        raise EvaluationError(f"{path} raised {type(error).__name__}: {error}.") from error
    solve, grade = (getattr(module, name, None) for name in ("solve", "grade"))
    if tasks is None or not callable(solve) or not callable(grade):
        raise EvaluationError(
            f"{path} must define `tasks` (a list, or a function that returns one), "
            "`solve(prompt)` and `grade(task, answer)`."
        )
    return OwnTasks(
        tuple(cast("Iterable[OwnTask]", tasks)), cast("Solve", solve), cast("Grade", grade)
    )


Epoch = list[tuple[bool, bool]]


def _repeat(service: Service, own: OwnTasks, settings: OwnSettings, number: int) -> list[Epoch]:
    epochs = []
    with service.project(f"own-{number}") as client:
        for epoch in range(settings.epochs):
            draw = random.Random(f"own/{number}/{epoch}")  # noqa: S311 - A repeatable order, no secret.
            results = {}
            for place in draw.sample(range(len(own.tasks)), len(own.tasks)):
                task = own.tasks[place]
                without, _ = _attempt(own, task, _text(task))
                service.advance()
                results[place] = (without, _learn(client, own, task, settings.limit))
                service.advance()
            epochs.append([results[place] for place in range(len(own.tasks))])
    return epochs


def _learn(client: ReflectClient, own: OwnTasks, task: OwnTask, limit: int) -> bool:
    with client.trace(_text(task), limit=limit, blocking=True) as context:
        answer = _call("solve", own.solve, task, context.augmented_task)
        passed, feedback = _graded(own, task, answer)
        context.set_output(
            trajectory=[
                {"role": "user", "content": context.task},
                {"role": "assistant", "content": answer},
            ],
            final_response=answer,
            result="pass" if passed else "fail",
            feedback_text=feedback,
        )
    return passed


def _attempt(own: OwnTasks, task: OwnTask, prompt: str) -> tuple[bool, str | None]:
    return _graded(own, task, _call("solve", own.solve, task, prompt))


def _graded(own: OwnTasks, task: OwnTask, answer: str) -> tuple[bool, str | None]:
    graded = _call("grade", partial(own.grade, task), task, answer)
    passed, feedback = graded if isinstance(graded, tuple) and len(graded) == 2 else (graded, None)
    if passed not in (True, False):
        raise EvaluationError(
            "`grade` must return True or False, or a tuple of that and feedback; it returned "
            f"{graded!r} on the task {_text(task)[:_SHOWN]!r}."
        )
    return bool(passed), None if passed or feedback is None else str(feedback)


def _call(name: str, function: Callable[[str], Any], task: OwnTask, argument: str) -> Any:
    try:
        answer = function(argument)
    except Exception as error:
        raise EvaluationError(
            f"`{name}` raised {type(error).__name__}: {error} on the task "
            f"{_text(task)[:_SHOWN]!r}. Let it return an answer that does not pass instead."
        ) from error
    if inspect.iscoroutine(answer):
        answer.close()
        raise EvaluationError(
            f"`{name}` is asynchronous, and is called as a plain function. Define one that runs "
            f"it: `def {name}(...): return asyncio.run(...)`."
        )
    return str(answer) if name == "solve" else answer


def _text(task: OwnTask) -> str:
    text = task if isinstance(task, str) else task.get("task")
    if not isinstance(text, str) or not text.strip():
        raise EvaluationError(
            f"A task must be a text, or a mapping with the text under `task`; found {task!r}."
        )
    return text
