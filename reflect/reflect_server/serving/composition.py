"""
The composition root: the parts of a running service put together, and taken apart again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from threadpoolctl import threadpool_limits

from reflect_server.auth.keyring import IssuedKey, Keyring
from reflect_server.configuration.addresses import is_local
from reflect_server.configuration.settings import LOCAL, Settings
from reflect_server.data_folder.secret import SECRET_FILE, load_pepper
from reflect_server.embedders.endpoint import EndpointEmbedder
from reflect_server.embedders.local import LocalEmbedder
from reflect_server.embedders.protocol import Embedder
from reflect_server.embedders.transformers import TransformerEmbedder
from reflect_server.embedders.warm_up import WarmUp
from reflect_server.errors import SettingsError
from reflect_server.http.cursors import CursorSeal
from reflect_server.http.limits import Limits
from reflect_server.http.service import Service
from reflect_server.http.threads import PATIENT, USUAL
from reflect_server.http.waiting import TraceWaiters
from reflect_server.ingest.worker import IngestWorker
from reflect_server.observability.metrics import Metrics
from reflect_server.observability.spans import NoSpans, OpenTelemetry, Spans
from reflect_server.providers.endpoint import ModelEndpoint
from reflect_server.reflectors.language_model import ModelReflector
from reflect_server.reflectors.local import LocalReflector
from reflect_server.reflectors.protocol import Reflector
from reflect_server.retrieval.embedding_space import EmbeddingSpace, EmbeddingSpaces, space_of
from reflect_server.retrieval.reembedding import Reembedding
from reflect_server.skill_writers.language_model import ModelSkillWriter
from reflect_server.skill_writers.local import LocalSkillWriter
from reflect_server.skill_writers.protocol import SkillWriter
from reflect_server.store.protocol.store import Store
from reflect_server.store.sqlite import SqliteStore
from reflect_server.use_cases.api_keys import create_master_key
from reflect_server.use_cases.dependencies import Dependencies

FIRST_KEY_LABEL = "First master key"

_STOP_SECONDS = 1.5
"""
What the trace in work gets at the end, and then the batch in work of a re-embedding. The whole end
stays below the ten seconds after which Docker kills.
"""


@contextmanager
def open_store(
    settings: Settings, *, may_replace_secret: bool = False
) -> Iterator[tuple[Store, Keyring]]:
    """
    Hold the data folder, with its store and its secret.

    Args:
        settings: Names the folder; it is made when it does not exist.
        may_replace_secret: Whether a missing secret is made anew although keys exist, which end
            with it.

    Raises:
        ReflectServerError: The folder, its database or its secret cannot be used.
    """
    store = SqliteStore(settings.data_dir)
    try:
        has_keys = store.read(lambda tx: tx.keys.exist())
        is_missing = not (settings.data_dir / SECRET_FILE).exists()
        pepper = load_pepper(settings.data_dir, may_create=may_replace_secret or not has_keys)
        if has_keys and is_missing:  # None of them can be recognised any longer.
            store.write(lambda tx: tx.keys.revoke_all(at=datetime.now(UTC)))
        yield store, Keyring(pepper)
    finally:
        store.close()


@contextmanager
def running_service(settings: Settings) -> Iterator[Service]:
    """
    Run the service: hold its data folder, and ingest in the background.

    Args:
        settings: How it is configured.

    Raises:
        ReflectServerError: The folder, its database or its secret cannot be used.
    """
    with ExitStack() as resources:
        # Requests run on threads of their own; several per product only wait for each other.
        resources.enter_context(threadpool_limits(limits=1, user_api="blas"))
        # What the settings ask for is put together before a folder is made for it.
        embedder = resources.enter_context(chosen_embedder(settings))
        writers = resources.enter_context(chosen_writers(settings))
        spans: Spans = OpenTelemetry() if settings.tracing else NoSpans()
        resources.callback(spans.close)
        store, keyring = resources.enter_context(open_store(settings))
        metrics = Metrics(store)
        waiters = TraceWaiters()
        target = space_of(embedder, store, max_index_bytes=settings.max_index_bytes)
        spaces = EmbeddingSpaces(store, _first_space(store, target, settings.max_index_bytes))
        reembedding = Reembedding(store, spaces, target)
        metrics.follow_embedding(lambda: reembedding.left)
        metrics.follow_index(lambda: spaces.active.index.nbytes)
        worker = IngestWorker(
            store,
            spaces,
            writers.reflector,
            on_done=waiters.notify,
            observe=metrics.count_attempt,
            spans=spans,
            threads=settings.ingest_threads,
            lease=timedelta(seconds=settings.ingest_timeout),
        )
        deps = Dependencies(
            store=store,
            auth_cache=keyring.auth_cache,
            spaces=spaces,
            q_learning_alpha=settings.q_learning_alpha,
            similarity_threshold=settings.similarity_threshold,
            exploration=settings.exploration,
            skill_writer=writers.skill_writer,
            queued=worker.wake,
            origin=spans.origin,
            changed=waiters.notify,
            in_thread=USUAL.run,
            in_patient_thread=PATIENT.run,
        )
        first_key = _first_key(settings, store, keyring)
        resources.callback(reembedding.stop, _STOP_SECONDS)
        resources.callback(worker.stop, _STOP_SECONDS)
        worker.start()
        reembedding.start()
        yield Service(
            settings,
            deps,
            keyring,
            waiters,
            first_key,
            cursors=CursorSeal(keyring.derived("cursors")),
            limits=Limits.of(settings),
            warm_up=WarmUp(spaces.active.embedder),
            metrics=metrics,
            spans=spans,
        )


@contextmanager
def chosen_embedder(settings: Settings) -> Iterator[Embedder]:
    """
    Give what makes the vectors, for the length of a `with` block.

    Args:
        settings: Name it.

    Raises:
        ReflectServerError: It cannot be put together.
    """
    kind, _, model = settings.embedder.partition(":")
    if kind == LOCAL:
        yield LocalEmbedder()
    elif kind == "sentence-transformers":
        yield TransformerEmbedder(model)
    else:
        endpoint = ModelEndpoint(
            model,
            base_url=settings.embedder_base_url,
            api_key=settings.embedder_api_key,
            timeout=settings.embedder_timeout,
            setting="REFLECT_EMBEDDER",
        )
        with closing(endpoint):
            yield EndpointEmbedder(endpoint)


def _first_space(store: Store, target: EmbeddingSpace, max_index_bytes: int) -> EmbeddingSpace:
    """
    Return the local space as long as more memories are in that alone than in the target alone,
    which some are after an import; otherwise the target.
    """
    local, name = LocalEmbedder(), target.embedder.name
    left, ahead = store.read(
        lambda tx: (
            tx.memories.count_unembedded(name, other=local.name),
            tx.memories.count_unembedded(local.name, other=name),
        )
    )
    if left <= ahead:
        return target
    return space_of(local, store, max_index_bytes=max_index_bytes)


@dataclass(frozen=True, slots=True)
class Writers:
    """
    What writes reflections and skills: the same language model, or none.

    Attributes:
        reflector: Writes the reflections.
        skill_writer: Proposes how skills change.
    """

    reflector: Reflector
    skill_writer: SkillWriter


@contextmanager
def chosen_writers(settings: Settings) -> Iterator[Writers]:
    """
    Give what writes reflections and skills, for the length of a `with` block.

    Args:
        settings: Name the model, where there is one.

    Raises:
        ReflectServerError: It cannot be put together.
    """
    if settings.model is None:
        yield Writers(LocalReflector(), LocalSkillWriter())
        return
    with closing(model_endpoint(settings, settings.model, settings.model_timeout)) as endpoint:
        reflector = ModelReflector(endpoint, input_tokens=settings.model_input_tokens)
        yield Writers(reflector, ModelSkillWriter(endpoint))


def model_endpoint(settings: Settings, model: str, timeout: float) -> ModelEndpoint:
    """
    Return the endpoint of the language model, to be closed by the caller.

    Args:
        settings: Say where it is.
        model: The model.
        timeout: How long an answer may take, in seconds.

    Raises:
        SettingsError: It cannot be put together.
    """
    return ModelEndpoint(
        model,
        base_url=settings.model_base_url,
        api_key=settings.model_api_key,
        timeout=timeout,
        setting="REFLECT_MODEL",
    )


def _first_key(settings: Settings, store: Store, keyring: Keyring) -> IssuedKey | None:
    if store.read(lambda tx: tx.keys.exist()):
        return None
    if is_local(settings.host):
        now = datetime.now(UTC)
        return create_master_key(store, keyring, label=FIRST_KEY_LABEL, now=now)
    if settings.bootstrap_token is None:
        raise SettingsError(
            f"On {settings.host} other machines can reach this server, and it has no API key yet. "
            "Make one first, by `reflect keys create --master --data-dir "
            f"{shlex.quote(str(settings.data_dir))}`, or set `REFLECT_BOOTSTRAP_TOKEN`."
        )
    return None
