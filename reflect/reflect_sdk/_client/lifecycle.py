"""
The end of a client: runs that are on their way, what waits for them, and closing.
"""

from __future__ import annotations

import logging
import uuid
from functools import cache, partial
from typing import Self

import anyio.to_thread

from reflect_api.errors import ReflectError
from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._client.outbox import Delivery
from reflect_sdk._client.sending import send, send_async
from reflect_sdk._flows.recorder import Recorder, lost
from reflect_sdk._flows.requests import AgentRun
from reflect_sdk._flows.trace_context import TraceContext
from reflect_sdk._transport.effects import drive, drive_async

logger = logging.getLogger("reflect_sdk")

CLOSE_SECONDS = 60.0
"""How long closing waits for runs that are on their way."""


class Lifecycle(Connection):
    """
    Handing runs over, waiting for them, and closing.
    """

    def close(self) -> None:
        """
        Retire the client: runs that are on their way are recorded, calls under way in other threads
        end well, new ones are refused, and the connections are closed.

        One that `with_options` returned closes nothing. Connections of asynchronous calls are
        closed by `aclose`.

        Raises:
            APIStatusError: If the service has refused a run.
        """
        try:
            self.flush(CLOSE_SECONDS)
        finally:
            if not self._shared:
                self._pool.close()

    async def aclose(self) -> None:
        """
        Close the connections of asynchronous calls on the running event loop, once the runs that
        are on their way are recorded.

        The client can be used on.

        Raises:
            APIStatusError: If the service has refused a run.
        """
        try:
            await self.flush_async(CLOSE_SECONDS)
        finally:
            if not self._shared:
                await self._pool.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            self.close()
        except ReflectError as error:
            if kind is None:
                raise
            logger.warning("A run was refused: %s", error)  # Nothing hides what the block raised.

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            await self.aclose()
        except ReflectError as error:
            if kind is None:
                raise
            logger.warning("A run was refused: %s", error)

    def _hand_over(self, recorder: Recorder, context: TraceContext, run: AgentRun) -> None:
        """
        Put a run whose block has ended into the outbox.
        """
        key, body = str(uuid.uuid4()), cache(partial(recorder.encoded, run))

        def deliver(seconds: float | None) -> None:
            drive(recorder.deliver(context, body(), key, seconds), partial(send, self.api))

        async def deliver_async() -> None:
            encoded = await anyio.to_thread.run_sync(body)
            flow = recorder.deliver(context, encoded, key, None)
            await drive_async(flow, partial(send_async, self.api))

        self._outbox.put(
            Delivery(
                context.trace_id,
                deliver,
                deliver_async,
                lambda reason: recorder.keep(body(), key, reason),
                lambda reason: lost(body(), reason),
                lambda: drive(recorder.follow_up(), partial(send, self.api)),
            )
        )

    def flush(self, timeout: float | None = None) -> bool:
        """
        Wait until every run whose block has ended is recorded, or kept on disk.

        Args:
            timeout: Seconds to wait at the most; where None, as long as it takes.

        Returns:
            Whether none is on its way any longer.

        Raises:
            APIStatusError: If the service has refused one, such as for a wrong key; raised once.

        Example:
            >>> with client.trace("Refund an order paid by voucher") as ctx:
            ...     ctx.add({"role": "assistant", "content": "Refunded."})
            >>> client.flush(timeout=10)
        """
        is_settled = self._outbox.settle(seconds=timeout)
        self._undelivered.raise_once()
        return is_settled

    @twin_of(flush)
    async def flush_async(self, timeout: float | None = None) -> bool:
        """
        Do what `flush` does, asynchronously.
        """
        is_settled = await self._outbox.settle_async(seconds=timeout)
        self._undelivered.raise_once()
        return is_settled
