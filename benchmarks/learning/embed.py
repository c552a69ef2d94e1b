"""
Embed the texts of data sets once with a model of `sentence-transformers`.

    pip install sentence-transformers
    python benchmarks/learning/embed.py MODEL --data DATA --out vectors.npz

MODEL is a name that `sentence-transformers` finds, or a folder. A stream asks for the vector of the
same text up to fifty times, so `report.py --vectors` has servers take it out of the file.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

import numpy as np

from reflect_cli.evaluation.database_tasks import read_database_tasks
from reflect_cli.evaluation.labelled import read_labelled

ASKED_BY_SERVERS = ("ready", "dimensions")
BATCH = 64


def texts_of(folder: Path) -> list[str]:
    """
    Return the texts of a data set, in both of its parts.
    """
    if (folder / "train.csv").exists():
        found = read_labelled(folder)
        return [task.text for task in (*found.train, *found.test)]
    if (folder / "db_train.json").exists():
        parts = [read_database_tasks(folder / f"db_{part}.json") for part in ("train", "val")]
        return [task.instruction for part in parts for task in part]
    return []


def main() -> None:
    """
    Embed and write the file.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="its name, or its folder")
    parser.add_argument("--name", help="what results call it; its name where none is given")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the file to write, `.npz`")
    options = parser.parse_args()
    folders = sorted(path for path in options.data.iterdir() if path.is_dir())
    texts = list(
        dict.fromkeys([*ASKED_BY_SERVERS, *(text for path in folders for text in texts_of(path))])
    )
    model = import_module("sentence_transformers").SentenceTransformer(options.model)
    vectors = model.encode(texts, batch_size=BATCH, convert_to_numpy=True, show_progress_bar=True)
    np.savez(
        options.out,
        name=np.array(options.name or Path(options.model).name),
        texts=np.array(texts),
        vectors=np.asarray(vectors, np.float32),
    )
    print(f"{options.out}: {len(texts)} texts, {vectors.shape[1]} dimensions")


if __name__ == "__main__":
    main()
