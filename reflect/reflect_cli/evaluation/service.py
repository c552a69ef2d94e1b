"""
The running server that an evaluation uses, and the work on it in parallel.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

from reflect_sdk import (
    AuthenticationError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ReflectClient,
    ReflectError,
    TransportError,
)
from reflect_server.errors import ReflectServerError
from reflect_server.testing import running_server

from .errors import EvaluationError

T = TypeVar("T")


class StoppedError(Exception):
    """
    Another part of the evaluation has failed, or the user has stopped it.
    """


@dataclass(frozen=True, slots=True)
class Service:
    """
    A server, and who is told of progress.

    Attributes:
        base_url: Its address.
        api_key: A master key of it, as every part of an evaluation has a project of its own.
        workers: How many parts run at once.
        advanced: Called with a number of steps that are done; from any thread.
    """

    base_url: str
    api_key: str = field(repr=False)
    workers: int = 4
    advanced: Callable[[int], None] = lambda steps: None  # noqa: ARG005 - Nobody watches.
    _stopping: Event = field(default_factory=Event, repr=False)

    @contextmanager
    def project(self, name: str) -> Iterator[ReflectClient]:
        """
        Give a client of a new project, which is deleted after the block.

        Args:
            name: What the project is for; part of its id.
        """
        with ReflectClient(
            base_url=self.base_url, api_key=self.api_key, project_id=_project_id(name), strict=True
        ) as client:
            client.health()
            try:
                yield client
            finally:
                with suppress(NotFoundError):  # Nothing was ever kept in it.
                    client.delete_project()

    def advance(self, steps: int = 1) -> None:
        """
        Say that steps are done.

        Args:
            steps: How many; 1 by default.

        Raises:
            StoppedError: The evaluation is being stopped.
        """
        if self._stopping.is_set():
            raise StoppedError
        self.advanced(steps)

    def fill(self, client: ReflectClient, memories: Iterable[Mapping[str, Any]]) -> dict[str, int]:
        """
        Make memories of passed runs, a step each.

        Args:
            client: A client of the project to fill, which has none yet.
            memories: What `create_memory` is given of each but for its result.

        Returns:
            The position of each memory by its id.

        Raises:
            StoppedError: The evaluation is being stopped.
        """
        positions = {}
        for position, memory in enumerate(memories):
            positions[client.create_memory(**memory, result="pass").trace_id] = position
            self.advance()
        return {
            str(trace.created_memory_id): positions[trace.id]
            for trace in client.iter_traces(page_size=1_000)
        }

    def in_parallel(self, parts: Sequence[Callable[[], T]]) -> list[T]:
        """
        Run the parts, `workers` at once, and return their results in order.

        The first that raises ends the others, and its exception is raised here.

        Args:
            parts: The parts, each safe to run beside the others.
        """
        with ThreadPoolExecutor(self.workers, thread_name_prefix="reflect-eval") as pool:
            futures = [pool.submit(part) for part in parts]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                failed = [future for future in futures if future.done() and future.exception()]
                if not failed:
                    return [future.result() for future in futures]
            except BaseException:
                self._stop(pool)
                raise
            self._stop(pool)
        raise _first_cause(futures)

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        self._stopping.set()
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def running_service(
    workers: int = 4,
    advanced: Callable[[int], None] = lambda steps: None,  # noqa: ARG005 - Nobody watches.
    *,
    env: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """
    Run a server of its own for an evaluation.

    Args:
        workers: How many parts of the evaluation run at once.
        advanced: Called with a number of steps that are done; from any thread.
        env: Environment variables for it, such as `REFLECT_EMBEDDER`.

    Yields:
        The service, with a temporary data folder.

    Raises:
        EvaluationError: The server did not start, or did not do its part.
    """
    try:
        with running_server(env=env) as server:
            yield Service(server.base_url, server.api_key, workers, advanced)
    except (ReflectError, ReflectServerError) as error:
        raise EvaluationError(f"The evaluation's server did not do its part: {error}") from error


@contextmanager
def given_service(
    base_url: str,
    api_key: str,
    workers: int = 4,
    advanced: Callable[[int], None] = lambda steps: None,  # noqa: ARG005 - Nobody watches.
) -> Iterator[Service]:
    """
    Use a server that runs already for an evaluation. What is in it stays as it is.

    Args:
        base_url: Its address.
        api_key: A master key of it.
        workers: How many parts of the evaluation run at once.
        advanced: Called with a number of steps that are done; from any thread.

    Yields:
        The service, once it has answered and has taken the key for a master key.

    Raises:
        EvaluationError: The server cannot be reached, the key is none or no master key of it, or
            the server did not do its part.
    """
    _check(base_url, api_key)
    try:
        yield Service(base_url, api_key, workers, advanced)
    except ReflectError as error:
        raise EvaluationError(f"The server at {base_url} did not do its part: {error}") from error


def _check(base_url: str, api_key: str) -> None:
    try:
        with ReflectClient(
            base_url=base_url, api_key=api_key, project_id=_project_id("check"), strict=True
        ) as client:
            client.health()
            _check_key(client, base_url)
    except InvalidArgumentError as error:
        raise EvaluationError(f"No server can be asked: {error}") from None
    except TransportError as error:
        raise EvaluationError(f"The server at {base_url} cannot be reached: {error}") from error
    except ReflectError as error:
        raise EvaluationError(
            f"What is at {base_url} did not answer as a Reflect server does: {error}"
        ) from error


def _check_key(client: ReflectClient, base_url: str) -> None:
    needed = (
        "Every part of an evaluation has a project of its own, which takes a master key, such as "
        "the one that the server's first start printed."
    )
    try:
        client.delete_project()  # There is none; only who may delete it is told that.
    except NotFoundError:
        return
    except AuthenticationError:
        raise EvaluationError(f"The server at {base_url} does not know the key. {needed}") from None
    except PermissionDeniedError:
        raise EvaluationError(
            f"The key is no master key of the server at {base_url}. {needed}"
        ) from None


def _project_id(name: str) -> str:
    return f"eval-{name}-{uuid.uuid4().hex[:12]}"


def _first_cause(futures: Sequence[Future[T]]) -> BaseException:
    errors = [error for f in futures if not f.cancelled() and (error := f.exception()) is not None]
    return next((error for error in errors if not isinstance(error, StoppedError)), errors[0])
