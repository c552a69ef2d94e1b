"""
The look-up of memories before a run, which never stops the agent.
"""

from __future__ import annotations

import logging

from attrs import evolve

from reflect_sdk._flows.augment import augment
from reflect_sdk._flows.operations import Flows
from reflect_sdk._flows.requests import Query
from reflect_sdk._transport.effects import Flow
from reflect_sdk._types.errors import is_outage
from reflect_sdk._types.memories import AugmentedTask

logger = logging.getLogger("reflect_sdk")

LONGEST_TASK = 100_000
"""How many characters of a task the service takes."""

NO_TASK = "(no task)"
"""Stands for a task that says nothing."""


def sendable_task(task: str) -> str:
    """
    Return a task as the service takes it: cut, and without halves of characters.

    Args:
        task: The task.

    Returns:
        The task; `NO_TASK` where it is empty or blank.
    """
    text = task if isinstance(task, str) else str(task)
    text = text.encode("utf-8", errors="replace").decode()[:LONGEST_TASK]
    return text if text.strip() else NO_TASK


def look_up(flows: Flows, query: Query) -> Flow[AugmentedTask]:
    """
    Look for memories; where that cannot be done now, there are none.

    Args:
        flows: The flows of the project.
        query: How to look for them.

    Returns:
        The task with the memories behind it.

    Raises:
        ReflectError: The service refuses the query, or, with `strict`, there is an outage.
    """
    without = AugmentedTask(augmented_task=query.task, memories=[])
    task = sendable_task(query.task)
    if task != query.task:
        logger.warning(
            "The task is empty, longer than %d characters or holds half a character; memories are "
            "looked up, and the run is recorded, with what of it can be sent.",
            LONGEST_TASK,
        )
    if task == NO_TASK or not (flows.strict or flows.breaker.allows()):
        return without
    try:
        memories = yield from flows.query_memories(evolve(query, task=task), flows.lookup_seconds)
    except Exception as error:
        flows.breaker.note(error)
        if flows.strict or not is_outage(error):
            raise
        logger.warning("The run goes on without memories: %s", flows.outgoing.text(error))
        return without
    flows.breaker.note(None)
    return augment(query.task, memories)
