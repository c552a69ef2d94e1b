"""
Reviews: attached to traces, with what they teach the memories that the run had used.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from reflect_server.domain.learning import credit, replayed, taught
from reflect_server.domain.lessons import agreeing
from reflect_server.domain.memory import QValueEvent
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import Review, ReviewMode, ReviewResult
from reflect_server.domain.texts import require_text
from reflect_server.domain.trace import Trace, public_id
from reflect_server.errors import ConflictError, InvalidRequestError
from reflect_server.store.protocol.store import Transaction
from reflect_server.use_cases.dependencies import Dependencies
from reflect_server.use_cases.traces import (
    QUICK_BYTES,
    missing_trace,
    require_state,
    require_trace,
    whole,
)


class AlreadyReviewedError(ConflictError):
    """
    The trace has a review that says something else.
    """

    code = "already_reviewed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    A review as it comes in.

    Attributes:
        result: Pass or fail.
        feedback_text: What the reviewer says; None where nothing.
        alpha: The learning rate that it asks for, in [0, 1]; None for the service's default.
        reflection: A reflection that the agent wrote itself; None where the service is to write it.
        remember: Whether a memory is made of the run; where not, it only moves Q-values.
    """

    result: ReviewResult
    feedback_text: str | None = None
    alpha: float | None = None
    reflection: Reflection | None = None
    remember: bool = True


async def review_trace(
    deps: Dependencies,
    project_id: str,
    trace_id: str,
    verdict: Verdict,
    *,
    early: bool = False,
    now: datetime,
) -> Trace | None:
    """
    Attach a verdict to a trace that has none, and let it take effect.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_id: The trace.
        verdict: The review.
        early: Whether to keep the review where the trace has not arrived; see `EarlyReviews`.
        now: The present time, in UTC.

    Returns:
        The trace with its review, or None where the review is kept. Repeating a review changes
        nothing and returns the same.

    Raises:
        NotFoundError: The project has no such trace, and the review is not kept.
        AlreadyReviewedError: The trace has a different review, or one waits for it.
    """
    review = review_of(verdict, trace_id, ReviewMode.DEFERRED, now)
    origin = deps.origin()

    def work(tx: Transaction) -> tuple[Trace | None, bool]:
        trace = tx.traces.get(project_id, trace_id, largest=QUICK_BYTES)
        if trace is None:
            if not (early and _keep_early(tx, project_id, review)):
                raise missing_trace(project_id, trace_id)
            return None, False
        if trace.review is not None:
            _require_same(trace.review, review)
            return trace, False
        return review_now(tx, trace, review, origin, deps.q_learning_alpha), True

    trace, is_new = await deps.store.write_async(work)
    if trace is None:
        return None
    if is_new:
        if verdict.remember:
            deps.queued()
        deps.changed(trace.id)
    return await whole(deps, trace)


def _keep_early(tx: Transaction, project_id: str, review: Review) -> bool:
    earlier = tx.early_reviews.find(project_id, review.trace_id, now=review.created_at)
    if earlier is not None:
        _require_same(earlier, review)
        return True
    return tx.early_reviews.keep(project_id, review)


def review_now(
    tx: Transaction, trace: Trace, review: Review, origin: str | None, default_alpha: float
) -> Trace:
    """
    Attach a review to a trace that has none, and move the Q-values of what it credits.

    Args:
        tx: The transaction.
        trace: The trace.
        review: The review.
        origin: The request that brings it; None where spans are not made.
        default_alpha: The learning rate where the review names none, in [0, 1].

    Returns:
        The trace with the review.
    """
    review = replace(review, trace_id=trace.id)
    reviewed = _attach(tx, trace, review, origin)
    apply_review(tx, trace, review, default_alpha)
    return reviewed


async def change_review(
    deps: Dependencies, project_id: str, trace_id: str, verdict: Verdict, *, now: datetime
) -> Trace:
    """
    Give a trace a verdict in the place of the one it has, as if it had been given at first.

    The Q-values and the evidence of the memories that the review credited are worked out anew with
    the new verdict in its place among all others, and the memory that was made of the trace is
    deleted: a new one is made of the new verdict.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_id: The trace.
        verdict: The review that is to count.
        now: The present time, in UTC.

    Returns:
        The trace with this review. Where it had none, it is reviewed; where it had the same,
        nothing changes.

    Raises:
        NotFoundError: The project has no such trace.
    """
    given = review_of(verdict, trace_id, ReviewMode.DEFERRED, now)
    origin = deps.origin()

    def work(tx: Transaction) -> tuple[Trace, Trace]:
        before = require_trace(tx, project_id, trace_id, largest=QUICK_BYTES)
        present = before.review
        if present is None:
            return before, review_now(tx, before, given, origin, deps.q_learning_alpha)
        if _content(present) == _content(given):
            return before, before
        review = replace(given, id=present.id, trace_id=before.id, created_at=present.created_at)
        after = _attach(tx, _without_review(tx, before), review, origin)
        alpha = deps.q_learning_alpha if review.alpha is None else review.alpha
        _replay(tx, tx.memories.change_events(review.id, result=review.result, alpha=alpha))
        return before, after

    before, after = await deps.store.write_async(work)
    if after is not before:
        await _forget_memory(deps, before)
        if verdict.remember:
            deps.queued()
        deps.changed(after.id)
    return await whole(deps, after)


async def undo_review(deps: Dependencies, project_id: str, trace_id: str) -> Trace:
    """
    Take back a trace's review and all that it did, as if it had never been given.

    The Q-values and the evidence of the memories that it credited become what the other reviews
    make of them, later ones included, and the memory that was made of the trace is deleted. The
    trace can be reviewed anew.

    Args:
        deps: The collaborators.
        project_id: The project.
        trace_id: The trace.

    Returns:
        The trace without a review. Where it had none, nothing changes.

    Raises:
        NotFoundError: The project has no such trace.
    """

    def work(tx: Transaction) -> tuple[Trace, Trace]:
        before = require_trace(tx, project_id, trace_id, largest=QUICK_BYTES)
        if before.review is None:
            return before, before
        _replay(tx, tx.memories.remove_events(before.review.id))
        return before, _without_review(tx, before)

    before, after = await deps.store.write_async(work)
    if after is not before:
        await _forget_memory(deps, before)
        deps.changed(after.id)
    return await whole(deps, after)


def _attach(tx: Transaction, trace: Trace, review: Review, origin: str | None) -> Trace:
    reviewed = trace.reviewed(review)
    tx.traces.add_review(review, reviewed.review_status)
    if origin is not None:
        tx.traces.note_origin(trace.id, origin)
    return reviewed


def _without_review(tx: Transaction, trace: Trace) -> Trace:
    tx.traces.remove_review(trace.id)
    return trace.in_state(require_state(tx, trace.project_id, trace.id))


async def _forget_memory(deps: Dependencies, trace: Trace) -> None:
    """
    Take the memory that was made of a trace, and was deleted, out of the index.
    """
    memory_id = trace.created_memory_id
    if memory_id is not None:
        index = deps.spaces.active.index
        await deps.in_thread(partial(index.remove, trace.project_id, [memory_id]))


def _replay(tx: Transaction, changed: Sequence[QValueEvent]) -> None:
    for event in changed:
        tx.memories.set_learned(event.memory_id, replayed(tx.memories.history(event.memory_id)))


def review_of(verdict: Verdict, trace_id: str, mode: ReviewMode, now: datetime) -> Review:
    """
    Make a review of a verdict.

    Args:
        verdict: The verdict.
        trace_id: The trace that it judges.
        mode: Whether it came with the trace or later.
        now: The present time, in UTC.

    Raises:
        InvalidRequestError: A text of its reflection that must say something is blank, or it brings
            a reflection and says that none is to be kept.
    """
    if verdict.reflection is not None:
        if not verdict.remember:
            raise InvalidRequestError(
                "`review` brings a `reflection` although its `remember` is false. Leave out the "
                "reflection to make no memory, or `remember` to keep it.",
                field="review.remember",
            )
        require_text(verdict.reflection.summary, "review.reflection.summary")
        require_text(verdict.reflection.guidance, "review.reflection.guidance")
    return Review(
        id=secrets.token_hex(8),
        trace_id=trace_id,
        result=verdict.result,
        feedback_text=verdict.feedback_text,
        mode=mode,
        alpha=verdict.alpha,
        reflection=verdict.reflection,
        created_at=now,
        remember=verdict.remember,
    )


def apply_review(tx: Transaction, trace: Trace, review: Review, default_alpha: float) -> None:
    """
    Move the Q-values of the memories that a review of a trace credits.

    Memories that have been deleted since they were retrieved are passed over.

    Args:
        tx: The transaction.
        trace: The trace.
        review: Its review.
        default_alpha: The learning rate where the review names none, in [0, 1].
    """
    retrieved, used = trace.retrieved_memory_ids, trace.used_memory_ids
    if not retrieved:
        return
    found = tx.memories.get_many(trace.project_id, retrieved)
    given = {m: found[m].reflection for m in retrieved if m in found}
    agreed = agreeing(trace.final_response, given) if used is None else ()
    weights = credit(retrieved, used, agreed)
    credited = [(found[m], weight) for m, weight in weights.items() if m in found]
    if credited:
        alpha = default_alpha if review.alpha is None else review.alpha
        ids = [secrets.token_hex(8) for _ in credited]
        tx.memories.append_events(taught(credited, review, event_ids=ids, alpha=alpha))


def _content(review: Review) -> tuple[object, ...]:
    return review.result, review.feedback_text, review.alpha, review.remember


def _require_same(present: Review, repeated: Review) -> None:
    if _content(present) != _content(repeated):
        raise AlreadyReviewedError(
            f"The trace {public_id(present.trace_id)!r} has been reviewed as "
            f"{present.result.value!r} before, and this review differs from that "
            "one. `change_review` puts it in the other's place."
        )
