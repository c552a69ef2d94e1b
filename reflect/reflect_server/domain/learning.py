"""
Learning: how a review's credit is assigned, and how far it moves Q-values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reflect_server.domain.memory import (
    INITIAL_Q_VALUE,
    Evidence,
    Learned,
    Memory,
    QValueEvent,
    Taught,
)
from reflect_server.domain.review import Review, ReviewResult
from reflect_server.errors import InvalidRequestError

DEFAULT_ALPHA = 0.3
"""The learning rate where neither the review nor `Q_LEARNING_ALPHA` names one."""

EVIDENCE_STEPS = 256
"""Evidence is counted in steps of 1/256, which floats add and take away without rounding."""

_NOTHING = Evidence()
_REWARD = {ReviewResult.PASS: 1.0, ReviewResult.FAIL: 0.0}


def credit(
    retrieved_ids: Sequence[str],
    used_ids: Sequence[str] | None,
    agreeing_ids: Sequence[str] = (),
) -> dict[str, float]:
    """
    Share out the credit for a run among the memories that it was given.

    Crediting every retrieved memory alike teaches little, since most of them had no part in the
    outcome. A run that names what it relied on credits just that. Of any other run the memories
    that its answer clearly agrees with are credited. Where that does not show, only the order is
    known, and the credit falls with the square of the rank (docs/decisions/0015).

    Args:
        retrieved_ids: The memories that the run was given, best first. Of a repeated id the first
            place counts.
        used_ids: The memories among them that the answer relied on, possibly none; None where
            unknown.
        agreeing_ids: The memories among them that the answer agrees with, for where `used_ids` is
            None; see `lessons.agreeing`. None by default.

    Returns:
        The weight of each credited memory, in (0, 1]: 1 for each used or agreeing one, or 1/rank²
        for the retrieved ones. A memory that is absent gets no credit.

    Raises:
        InvalidRequestError: A used memory is not among the retrieved ones.
    """
    retrieved = list(dict.fromkeys(retrieved_ids))
    if used_ids is None and agreeing_ids:
        return dict.fromkeys(agreeing_ids, 1.0)
    if used_ids is None:
        return {memory_id: 1.0 / rank**2 for rank, memory_id in enumerate(retrieved, start=1)}
    known = set(retrieved)
    for memory_id in used_ids:
        if memory_id not in known:
            raise InvalidRequestError(
                f"`used_memory_ids` names {memory_id!r}, which is not among the "
                "`retrieved_memory_ids`; name only memories that the run was given.",
                field="used_memory_ids",
            )
    return dict.fromkeys(used_ids, 1.0)


def updated(q: float, *, alpha: float, weight: float, result: ReviewResult) -> float:
    """
    Move a Q-value towards the outcome of a run that used the memory.

    Q ← Q + alpha · weight · (r - Q), with r = 1 for a pass and 0 for a fail: the running average of
    MemRL (arXiv 2601.03192), slowed by the memory's share of the credit.

    Args:
        q: The Q-value before, in [0, 1].
        alpha: The learning rate, in [0, 1]; 0 learns nothing, 1 keeps only the last outcome.
        weight: The memory's share of the credit, in [0, 1]; see `credit`.
        result: The verdict of the review.

    Returns:
        The Q-value after, in [0, 1].

    Raises:
        InvalidRequestError: A value is outside its range.
    """
    for name, value in (("q_value", q), ("alpha", alpha), ("weight", weight)):
        if not 0.0 <= value <= 1.0:
            raise InvalidRequestError(
                f"`{name}` is {value}; it must lie between 0 and 1.", field=name
            )
    moved = q + alpha * weight * (_REWARD[result] - q)
    return min(1.0, max(0.0, moved))


def taught(
    credited: Sequence[tuple[Memory, float]],
    review: Review,
    *,
    event_ids: Sequence[str],
    alpha: float,
) -> list[Taught]:
    """
    Say what a review teaches the memories that its run had used.

    Args:
        credited: The memories as they are before, each with its share of the credit, in [0, 1]; see
            `credit`.
        review: The review.
        event_ids: The id of each memory's event.
        alpha: The learning rate, in [0, 1].

    Raises:
        InvalidRequestError: A value is outside its range.
    """
    events = [
        QValueEvent(
            id=event_id,
            memory_id=memory.id,
            trace_id=review.trace_id,
            review_id=review.id,
            result=review.result,
            alpha=alpha,
            weight=weight,
            q_before=memory.q_value,
            q_after=updated(memory.q_value, alpha=alpha, weight=weight, result=review.result),
            created_at=review.created_at,
        )
        for (memory, weight), event_id in zip(credited, event_ids, strict=True)
    ]
    before = [memory.evidence for memory, _ in credited]
    return [
        Taught(event, evidence_of([event], before=known))
        for event, known in zip(events, before, strict=True)
    ]


def replayed(events: Sequence[QValueEvent]) -> Learned:
    """
    Work out anew what reviews have taught a memory.

    Args:
        events: The changes of its Q-value that count, oldest first.

    Returns:
        The same events with the Q-values that follow from them, the last Q-value, and the evidence.
    """
    q_value, chain = INITIAL_Q_VALUE, []
    for event in events:
        moved = updated(q_value, alpha=event.alpha, weight=event.weight, result=event.result)
        chain.append(replace(event, q_before=q_value, q_after=moved))
        q_value = moved
    return Learned(tuple(chain), q_value, evidence_of(events))


def evidence_of(events: Iterable[QValueEvent], *, before: Evidence = _NOTHING) -> Evidence:
    """
    Count what reviews have shown of a memory.

    A review counts alpha · weight / 0.3, so that full credit at the default rate counts 1: a
    reviewer whose word moves a Q-value less is believed less. The sums do not depend on the order.

    Args:
        events: The changes of the memory's Q-value, in any order.
        before: What others have shown of it; nothing by default.

    Returns:
        The number of the events, the evidence of those that passed and of those that failed, and
        the time of the latest, with those before.
    """
    uses, wins, losses, last = before.uses, before.wins, before.losses, before.last_used_at
    for event in events:
        count = math.floor(event.alpha * event.weight / DEFAULT_ALPHA * EVIDENCE_STEPS + 0.5)
        uses += 1
        if event.result is ReviewResult.PASS:
            wins += count / EVIDENCE_STEPS
        else:
            losses += count / EVIDENCE_STEPS
        last = event.created_at if last is None else max(last, event.created_at)
    return Evidence(uses, wins, losses, last)
