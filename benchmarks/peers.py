"""
The search of other stores over given vectors, for those that are installed.

None is a dependency of this project; install what you want to compare with into the environment.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Search = Callable[[Vectors], object]
NEAREST = 10
BATCH = 4_000


@contextmanager
def chroma(vectors: Vectors, texts: Sequence[str]) -> Iterator[Search]:
    """
    Chroma's embedded client, with a folder (`pip install chromadb`).
    """
    import chromadb  # noqa: PLC0415 - maybe not installed, and then not wanted

    with tempfile.TemporaryDirectory() as folder:
        client = chromadb.PersistentClient(folder)
        made = client.create_collection("memories", metadata={"hnsw:space": "cosine"})
        for start in range(0, len(texts), BATCH):
            chosen = slice(start, start + BATCH)
            made.add(
                ids=[str(row) for row in range(len(texts))[chosen]],
                embeddings=vectors[chosen].tolist(),
                documents=list(texts[chosen]),
            )
        yield lambda query: made.query(query_embeddings=[query.tolist()], n_results=NEAREST)


@contextmanager
def qdrant(vectors: Vectors, texts: Sequence[str]) -> Iterator[Search]:
    """
    Qdrant's local mode, in memory (`pip install qdrant-client`).
    """
    from qdrant_client import QdrantClient, models  # noqa: PLC0415 - maybe not installed, and then not wanted

    client = QdrantClient(":memory:")
    client.create_collection(
        "memories",
        vectors_config=models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE),
    )
    for start in range(0, len(texts), BATCH):
        client.upsert(
            "memories",
            [
                models.PointStruct(id=row, vector=vectors[row].tolist(), payload={"t": texts[row]})
                for row in range(start, min(start + BATCH, len(texts)))
            ],
        )
    yield lambda query: client.query_points("memories", query=query.tolist(), limit=NEAREST)
    client.close()


@contextmanager
def langgraph(vectors: Vectors, texts: Sequence[str]) -> Iterator[Search]:
    """
    The store that LangMem searches, LangGraph's in memory (`pip install langgraph`).
    """
    from langgraph.store.base import PutOp  # noqa: PLC0415 - maybe not installed, and then not wanted
    from langgraph.store.memory import InMemoryStore  # noqa: PLC0415 - maybe not installed, and then not wanted

    known = {text: vector.tolist() for text, vector in zip(texts, vectors, strict=True)}
    asked: list[list[float]] = []
    store = InMemoryStore(
        index={
            "dims": vectors.shape[1],
            "embed": lambda given: [known.get(text) or asked[-1] for text in given],
            "fields": ["text"],
        }
    )
    for start in range(0, len(texts), BATCH):
        store.batch(
            [
                PutOp(("memories",), str(row), {"text": texts[row]})
                for row in range(start, min(start + BATCH, len(texts)))
            ]
        )

    def search(query: Vectors) -> object:
        asked.append(query.tolist())
        return store.search(("memories",), query="?", limit=NEAREST)

    yield search


@contextmanager
def mem0(vectors: Vectors, texts: Sequence[str]) -> Iterator[Search]:
    """
    mem0 with local parts: Qdrant in a folder, no model, nothing sent (`pip install mem0ai`).
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(MEM0_TELEMETRY="False", MEM0_DIR=folder)  # Read when it is imported.
        from mem0 import Memory  # noqa: PLC0415 - maybe not installed, and then not wanted

        store = {"path": f"{folder}/qdrant", "embedding_model_dims": vectors.shape[1]}
        unused = {"provider": "openai", "config": {"api_key": "none"}}
        memory = Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": store},
                "embedder": unused,
                "llm": unused,
                "history_db_path": f"{folder}/history.db",
            }
        )
        given = memory.embedding_model = _Given()
        for start in range(0, len(texts), BATCH):  # `add` takes 20 ms for each.
            chosen = slice(start, start + BATCH)
            memory.vector_store.insert(
                vectors[chosen].tolist(),
                payloads=[{"data": text, "user_id": "u", "role": "user"} for text in texts[chosen]],
                ids=[str(uuid.uuid4()) for _ in texts[chosen]],
            )

        def search(query: Vectors) -> object:
            given.asked = query.tolist()
            return memory.search("?", top_k=NEAREST, filters={"user_id": "u"})

        yield search
        memory.vector_store.client.close()


class _Given:
    """
    What mem0 takes for an embedder: the vector of whatever it is asked for is the one that is set.
    """

    def __init__(self) -> None:
        self.asked: list[float] = []

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        del text, memory_action
        return self.asked


PEERS: Mapping[str, Callable[[Vectors, Sequence[str]], AbstractContextManager[Search]]] = {
    "chroma": chroma,
    "langgraph": langgraph,
    "mem0": mem0,
    "qdrant": qdrant,
}
