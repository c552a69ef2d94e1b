"""
Memories: queried, listed and read, with the history of their Q-values.
"""

from __future__ import annotations

import msgspec

from reflect_contract import models
from reflect_server.api.answer import Answer
from reflect_server.api.call import Call
from reflect_server.api.fields import present
from reflect_server.api.lists import listed
from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.pagination import Page
from reflect_server.domain.ranking import Ranking
from reflect_server.domain.trace import public_id
from reflect_server.http.threads import PATIENT
from reflect_server.use_cases import memories, querying
from reflect_server.use_cases.querying import RankedMemory


async def query_memories(
    call: Call, *, project_id: str, body: models.QueryMemoriesRequest
) -> models.MemoryList:
    """
    Find the memories that fit a task.
    """
    call.service.warm_up.require_loaded()
    wishes = present(
        body,
        limit="limit",
        blend="lambda_",
        mmr_lambda="mmr_lambda",
        similarity_threshold="similarity_threshold",
        metadata_filter="metadata_filter",
    )
    metadata_filter = wishes.pop("metadata_filter", None)
    ranking = Ranking(**{"similarity_threshold": call.deps.similarity_threshold, **wishes})
    query = querying.Query(body.task, ranking, metadata_filter)

    def answer() -> models.MemoryList:
        found = querying.query_memories(call.deps, project_id, query)
        return [_ranked_response(ranked) for ranked in found]

    if querying.is_quick(call.deps, project_id, query):
        return answer()
    return await PATIENT.run(answer)


def list_memories(call: Call, *, project_id: str, limit: int | None, cursor: str | None) -> Answer:
    """
    List memories, newest first.
    """

    def read(limit: int | None, cursor: str | None) -> Page[Memory]:
        return memories.list_memories(call.deps, project_id, limit=limit, cursor=cursor)

    return listed(call, read, _memory_response, limit=limit, cursor=cursor)


def get_memory(call: Call, *, project_id: str, memory_id: str) -> models.MemoryResponse:
    """
    Return one memory.
    """
    memory, sources = memories.get_memory(call.deps, project_id, memory_id)
    return msgspec.structs.replace(_memory_response(memory), source_memory_ids=list(sources))


def get_memory_history(call: Call, *, project_id: str, memory_id: str) -> models.QValueHistory:
    """
    List the changes of a memory's Q-value.
    """
    events = memories.get_memory_history(call.deps, project_id, memory_id)
    return [_event_response(event) for event in events]


def _ranked_response(ranked: RankedMemory) -> models.MemoryResponse:
    why = ranked.why
    explanation = models.MemoryExplanation(
        candidates=why.candidates,
        similarity=ranked.similarity,
        lexical_rank=why.lexical_rank,
        lexical=why.lexical,
        feedback=why.feedback,
        estimate=why.judged.estimate,
        estimate_low=why.judged.low,
        estimate_high=why.judged.high,
        evidence=why.evidence,
        base_rate=why.base_rate,
        utility=why.utility,
        agreeing=why.agreeing,
        agreement=why.agreement,
        diversity_penalty=why.diversity_penalty,
    )
    return _memory_response(ranked.memory, ranked.similarity, ranked.score, explanation)


def _memory_response(
    memory: Memory,
    similarity: float = 0.0,
    score: float = 0.0,
    why: models.MemoryExplanation | msgspec.UnsetType = msgspec.UNSET,
) -> models.MemoryResponse:
    reflection, evidence = memory.reflection, memory.evidence
    return models.MemoryResponse(
        id=memory.id,
        task=memory.task,
        reflection=reflection.text,
        q_value=memory.q_value,
        uses=evidence.uses,
        wins=evidence.wins,
        losses=evidence.losses,
        last_used_at=evidence.last_used_at,
        similarity=similarity,
        score=score,
        success=memory.success,
        summary=reflection.summary,
        key_mistake=reflection.key_mistake,
        correct_action=reflection.correct_action,
        guidance=reflection.guidance,
        applicable_tools=list(reflection.applicable_tools),
        tools_used=list(reflection.tools_used),
        trace_id=public_id(memory.trace_id),
        created_at=memory.created_at,
        metadata=dict(memory.metadata),
        why=why,
    )


def _event_response(event: QValueEvent) -> models.QValueEventResponse:
    return models.QValueEventResponse(
        id=event.id,
        trace_id=public_id(event.trace_id),
        review_id=event.review_id,
        result=models.ReviewResult(event.result),
        alpha=event.alpha,
        weight=event.weight,
        q_before=event.q_before,
        q_after=event.q_after,
        created_at=event.created_at,
    )


HANDLERS = (query_memories, list_memories, get_memory, get_memory_history)
