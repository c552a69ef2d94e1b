"""
The search of other stores over given vectors, for those that are installed.

None is a dependency of this project; install what you want to compare with into the environment.
"""

from __future__ import annotations

import tempfile
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
    import chromadb  # noqa: PLC0415 - optional

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
    from qdrant_client import QdrantClient, models  # noqa: PLC0415 - optional

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
    from langgraph.store.base import PutOp  # noqa: PLC0415 - optional
    from langgraph.store.memory import InMemoryStore  # noqa: PLC0415 - optional

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


PEERS: Mapping[str, Callable[[Vectors, Sequence[str]], AbstractContextManager[Search]]] = {
    "chroma": chroma,
    "langgraph": langgraph,
    "qdrant": qdrant,
}
