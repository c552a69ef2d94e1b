"""
The methods of `ReflectClient` about memories and skills.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._flows.requests import Query
from reflect_sdk._types.labels import ReviewLabel
from reflect_sdk._types.memories import AugmentedTask, MemoryResponse
from reflect_sdk._types.skills import SkillResponse
from reflect_sdk._types.traces import TraceCreateResponse


class MemoryMethods(Connection):
    """
    Finding memories, storing them, and consolidating them into a skill.
    """

    def query_memories(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[MemoryResponse]:
        """
        Find the memories that fit a task.

        Use it where you want to choose or format memories yourself; `augment_with_memories` appends
        them to the task, and `trace` does that and records the run as well.

        Args:
            task: What the agent is about to do. Compared with the tasks of all memories by meaning.
            limit: How many memories to return at the most, from 1 to 100; 10 by default.
            lambda_: The blend, in [0, 1]: 1.0 orders by similarity alone, 0.0 by Q-value alone; 0.5
                by default.
            metadata_filter: Only memories whose trace has each of these keys in its metadata, with
                an equal value. No filter where None.
            similarity_threshold: Only memories whose cosine similarity to the task is at least
                this, in [-1, 1], whatever their Q-value. The server's default where None.
            mmr_lambda: The weight of relevance against diversity, in [0, 1]: 1.0 takes the
                best-scored memories however alike they are, 0.0 the most diverse ones; 0.7 by
                default.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The memories by score, best first; empty where none fits.

        Raises:
            APIStatusError: If the service answers with an error: `InvalidRequestError` where a
                value is out of its range, `AuthenticationError` where the key is not accepted.
            TransportError: If no answer comes.

        Example:
            >>> for memory in client.query_memories("Refund an order paid by voucher", limit=3):
            ...     print(memory.q_value, memory.summary)
        """
        return self._drive(
            self._flows.query_memories(
                Query(
                    task=task,
                    limit=limit,
                    lambda_=lambda_,
                    metadata_filter=metadata_filter,
                    similarity_threshold=similarity_threshold,
                    mmr_lambda=mmr_lambda,
                )
            ),
            timeout,
        )

    @twin_of(query_memories)
    async def query_memories_async(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[MemoryResponse]:
        """
        Do what `query_memories` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.query_memories(
                Query(
                    task=task,
                    limit=limit,
                    lambda_=lambda_,
                    metadata_filter=metadata_filter,
                    similarity_threshold=similarity_threshold,
                    mmr_lambda=mmr_lambda,
                )
            ),
            timeout,
        )

    def augment_with_memories(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        timeout: float | httpx.Timeout | None = None,
    ) -> AugmentedTask:
        """
        Find the memories that fit a task and append them to it.

        The memories stand behind the task in a `<relevant_memories>` block, each with its outcome
        and Q-value. Their text is escaped: a memory can neither close its block nor forge another
        one.

        Args:
            task: The task; it stands unchanged at the start of the result.
            limit: How many memories to return at the most, from 1 to 100; 10 by default.
            lambda_: The blend, in [0, 1]: 1.0 orders by similarity alone, 0.0 by Q-value alone; 0.5
                by default.
            metadata_filter: Only memories whose trace has each of these keys in its metadata, with
                an equal value. No filter where None.
            similarity_threshold: Only memories whose cosine similarity to the task is at least
                this, in [-1, 1], whatever their Q-value. The server's default where None.
            mmr_lambda: The weight of relevance against diversity, in [0, 1]: 1.0 takes the
                best-scored memories however alike they are, 0.0 the most diverse ones; 0.7 by
                default.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The augmented task, ready to be a prompt, and the memories in it. With no memories, the
            task as it is.

        Raises:
            APIStatusError: If the service answers with an error, as for `query_memories`.
            TransportError: If no answer comes.

        Example:
            >>> augmented = client.augment_with_memories("Refund an order paid by voucher")
            >>> answer = agent(augmented.augmented_task)
        """
        return self._drive(
            self._flows.augment_with_memories(
                Query(
                    task=task,
                    limit=limit,
                    lambda_=lambda_,
                    metadata_filter=metadata_filter,
                    similarity_threshold=similarity_threshold,
                    mmr_lambda=mmr_lambda,
                )
            ),
            timeout,
        )

    @twin_of(augment_with_memories)
    async def augment_with_memories_async(
        self,
        task: str,
        *,
        limit: int = 10,
        lambda_: float = 0.5,
        metadata_filter: dict[str, Any] | None = None,
        similarity_threshold: float | None = None,
        mmr_lambda: float = 0.7,
        timeout: float | httpx.Timeout | None = None,
    ) -> AugmentedTask:
        """
        Do what `augment_with_memories` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.augment_with_memories(
                Query(
                    task=task,
                    limit=limit,
                    lambda_=lambda_,
                    metadata_filter=metadata_filter,
                    similarity_threshold=similarity_threshold,
                    mmr_lambda=mmr_lambda,
                )
            ),
            timeout,
        )

    def create_memory(
        self,
        *,
        task: str,
        summary: str,
        guidance: str,
        result: ReviewLabel,
        key_mistake: str = "",
        correct_action: str = "",
        applicable_tools: Sequence[str] = (),
        retrieved_memory_ids: Sequence[str] = (),
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceCreateResponse:
        """
        Store a reflection that the agent wrote itself as a memory.

        Nothing is written by a model and nothing waits: the memory can be found as soon as this
        returns. Use `create_trace` to have the reflection made from the run instead.

        Args:
            task: What the agent was asked to do; what later tasks are compared with.
            summary: The lesson in one line.
            guidance: What a future run should do.
            result: Whether the run passed: `pass` or `success`, `fail` or `failure`, in any case.
            key_mistake: What went wrong; empty by default.
            correct_action: What the run should have done instead; empty by default.
            applicable_tools: The tools or areas that the lesson applies to; none by default.
            retrieved_memory_ids: The memories that the run was given, best first; the result moves
                their Q-values. None by default.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The receipt; its `ingest_status` is `completed`.

        Raises:
            InvalidArgumentError: If `result` is none of these labels; nothing is sent.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> receipt = client.create_memory(
            ...     task="Refund an order paid by voucher",
            ...     summary="Vouchers are refunded as vouchers.",
            ...     guidance="Issue a new voucher of the same value; never pay out cash.",
            ...     result="fail",
            ...     key_mistake="Paid the order back in cash.",
            ... )
            >>> print(receipt.ingest_status)
            completed
        """
        return self._drive(
            self._flows.create_memory(
                task=task,
                result=result,
                retrieved_memory_ids=retrieved_memory_ids,
                summary=summary,
                guidance=guidance,
                key_mistake=key_mistake,
                correct_action=correct_action,
                applicable_tools=applicable_tools,
            ),
            timeout,
        )

    @twin_of(create_memory)
    async def create_memory_async(
        self,
        *,
        task: str,
        summary: str,
        guidance: str,
        result: ReviewLabel,
        key_mistake: str = "",
        correct_action: str = "",
        applicable_tools: Sequence[str] = (),
        retrieved_memory_ids: Sequence[str] = (),
        timeout: float | httpx.Timeout | None = None,
    ) -> TraceCreateResponse:
        """
        Do what `create_memory` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.create_memory(
                task=task,
                result=result,
                retrieved_memory_ids=retrieved_memory_ids,
                summary=summary,
                guidance=guidance,
                key_mistake=key_mistake,
                correct_action=correct_action,
                applicable_tools=applicable_tools,
            ),
            timeout,
        )

    def get_skill(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> SkillResponse | None:
        """
        Return the project's skill.

        Args:
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The newest published version, or None where none has been created yet.

        Raises:
            APIStatusError: If the service answers with another error than that there is no skill.
            TransportError: If no answer comes.

        Example:
            >>> skill = client.get_skill()
            >>> if skill is not None:
            ...     system_prompt = instructions + skill.content
        """
        return self._drive(self._flows.get_skill(), timeout)

    @twin_of(get_skill)
    async def get_skill_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> SkillResponse | None:
        """
        Do what `get_skill` does, asynchronously.
        """
        return await self._drive_async(self._flows.get_skill(), timeout)

    def list_skill_versions(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[SkillResponse]:
        """
        List the versions of the project's skill, with what each has changed.

        Args:
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The newest 100 versions, newest first. Those that were held back, as they do worse on
            the project's reviewed tasks, are among them; their `published` is False.

        Raises:
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> for version in client.list_skill_versions():
            ...     for change in version.changes:
            ...         print(version.version, change.action, change.title)
        """
        return self._drive(self._flows.list_skill_versions(), timeout)

    @twin_of(list_skill_versions)
    async def list_skill_versions_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[SkillResponse]:
        """
        Do what `list_skill_versions` does, asynchronously.
        """
        return await self._drive_async(self._flows.list_skill_versions(), timeout)

    def create_skill(
        self,
        *,
        n_passed: int | None = None,
        n_failed: int | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> SkillResponse:
        """
        Consolidate the project's reviewed memories into a new version of its skill.

        Args:
            n_passed: How many lessons of passed runs to use at the most, from 0 to 100; 5 where
                None.
            n_failed: How many lessons of failed runs to use at the most, from 0 to 100; 5 where
                None.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The published version: the new one, unless it does worse on the project's reviewed
            tasks; then the one before, and `held_back` names the other.

        Raises:
            ConflictError: If the project has fewer than 5 reviewed memories.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> skill = client.create_skill(n_passed=10, n_failed=10)
            >>> print(skill.version, skill.n_passed, skill.n_failed)
        """
        return self._drive(self._flows.create_skill(n_passed=n_passed, n_failed=n_failed), timeout)

    @twin_of(create_skill)
    async def create_skill_async(
        self,
        *,
        n_passed: int | None = None,
        n_failed: int | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> SkillResponse:
        """
        Do what `create_skill` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.create_skill(n_passed=n_passed, n_failed=n_failed), timeout
        )
