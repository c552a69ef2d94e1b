"""
Lexical search: BM25 over the letters of memories' tasks, kept in memory.

What two tasks share letter by letter says something that averaged vectors blur: names, codes, rare
terms. Terms are runs of four characters rather than words: they match across inflections and in
scripts without spaces, and found more on every set that was tried (docs/decisions/0014). Only
letters, digits and the gaps between words count, so no syntax in a query means anything.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

_UTF_32 = codecs.lookup("utf-32-le")  # Else the first query does, if a descriptor is free.

MAX_CHARACTERS = 4_096
"""How much of a text is read."""

MAX_TERMS = 64
"""How many terms of a query count: the rarest ones, so that a long query costs no more."""

EXTRA_MATCHES = 20_000
"""
A query looks at as many matches of terms as there are texts, and this many more at the most.

Rare terms come first, so what is left out among many texts is what nearly all of them have.
"""

MATCHES_PER_TEXT = 5
"""Among few texts a query looks at this many matches per text; 3 are usual in short questions."""

_FEW_MATCHES = 1_000
_BLOCK = 16_384
_LARGEST_KEY = 2**62

SCORE_DECIMALS = 4
"""Precision of a score; beyond it lies the rounding noise of sums."""

_K1, _B = 1.2, 0.75
_RUN = 4
_LARGEST_COUNT = 255
_WORD = re.compile(r"\w+")
_SMALLEST_CAPACITY = 1_024
_SMALLEST_TAIL = 1_024
_TAIL_SHARE = 64
_BYTES_PER_TERM = 150

ScalarT = TypeVar("ScalarT", bound=np.generic)
Rows = NDArray[np.int32]
Counts = NDArray[np.uint8]
Lengths = NDArray[np.float32]
Weights = NDArray[np.float64]


class _Postings(NamedTuple):
    """
    For each term the rows that have it, ascending: those of term t lie from starts[t] on.
    """

    starts: NDArray[np.int64]
    rows: Rows
    counts: Counts


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """
    Indexes the terms of a list of texts: one state, which shares with others what does not change.

    An entry is one term of one text. The inverted postings cover the first `inverted` entries; the
    few that were added since are looked through one by one.

    Attributes:
        vocabulary: The number of each term; it only grows.
        frequencies: In how many texts each term occurs, with room for more terms.
        lengths: How many terms each text has, with room for more texts.
        terms: The term of each entry, with room for more entries.
        counts: How often it occurs in its text, 255 at most; same shape.
        rows: The position of that text; same shape.
        size: How many texts there are.
        entries: How many entries there are.
        total_length: How many terms all texts have.
        inverted: How many entries the postings cover.
        inverted_rows: How many texts the postings cover.
        postings: The entries by term.
    """

    vocabulary: dict[str, int]
    frequencies: NDArray[np.int64]
    lengths: Lengths
    terms: Rows
    counts: Counts
    rows: Rows
    size: int
    entries: int
    total_length: int
    inverted: int
    inverted_rows: int
    postings: _Postings

    @property
    def nbytes(self) -> int:
        """
        How much memory it takes, in bytes; what states share counts in each.
        """
        arrays = (self.frequencies, self.lengths, self.terms, self.counts, self.rows)
        held = sum(array.nbytes for array in (*arrays, *self.postings))
        return held + _BYTES_PER_TERM * len(self.vocabulary)

    @staticmethod
    def of(texts: Sequence[str]) -> LexicalIndex:
        """
        Index texts; each keeps its position as its row.

        Args:
            texts: The texts; of each, the first `MAX_CHARACTERS` are read.
        """
        vocabulary: dict[str, int] = {}
        parts = [
            _entries(texts[start : start + _BLOCK], start, vocabulary)
            for start in range(0, len(texts), _BLOCK)
        ]
        parts.append(_entries([], 0, vocabulary))
        rows, numbers, repeats = (np.concatenate(part) for part in zip(*parts, strict=True))
        lengths = np.bincount(rows, repeats, minlength=len(texts))
        nothing = _Postings(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8))
        index = LexicalIndex(
            vocabulary=vocabulary,
            frequencies=np.bincount(numbers, minlength=len(vocabulary)),
            lengths=lengths.astype(np.float32),
            terms=numbers,
            counts=np.minimum(repeats, _LARGEST_COUNT).astype(np.uint8),
            rows=rows,
            size=len(texts),
            entries=len(numbers),
            total_length=int(lengths.sum()),
            inverted=0,
            inverted_rows=0,
            postings=nothing,
        )
        return _inverted(index)

    def scores(self, text: str) -> NDArray[np.float64]:
        """
        Score every text by the terms that it shares with a query: BM25 with k1 = 1.2 and b = 0.75.

        Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
        with an inverse document frequency that is never negative; a term of the query counts once.

        Args:
            text: The query.

        Returns:
            The scores, 0 where no term is shared, rounded to `SCORE_DECIMALS`; shape (texts,).
        """
        asked = self._known(text)
        if not asked.size:
            return np.zeros(self.size)
        frequencies = self.frequencies[asked]
        rarities = np.log1p((self.size - frequencies + 0.5) / (frequencies + 0.5))
        rows, counts, scores = self._matches(asked, (_K1 + 1.0) * rarities)
        mean = self.total_length / self.size
        saturation = self.lengths[: self.size] * np.float32(_K1 * _B / mean)
        saturation += np.float32(_K1 * (1.0 - _B))
        # A term that occurs c times counts c/(c + saturation). As most occur once, all count
        # 1/(1 + saturation), which is taken once per text, and few are corrected.
        repeated = np.flatnonzero(counts > 1)
        often, limit = counts[repeated].astype(np.float32), saturation[rows[repeated]]
        scores[repeated] *= often * (1.0 + limit) / (often + limit)
        total = np.bincount(rows, weights=scores, minlength=self.size).astype(
            np.float64, copy=False
        )
        saturation += np.float32(1.0)
        total /= saturation
        return np.round(total, SCORE_DECIMALS, out=total)

    def with_text(self, text: str) -> LexicalIndex:
        """
        Return the state with one more text, at the next row.

        Args:
            text: The text; its first `MAX_CHARACTERS` are read.
        """
        found = _terms(text)
        for term in found:
            self.vocabulary.setdefault(term, len(self.vocabulary))
        numbers = [self.vocabulary[term] for term in found]
        end = self.entries + len(numbers)
        frequencies = _room(self.frequencies, len(self.vocabulary))
        terms, rows = _room(self.terms, end), _room(self.rows, end)
        counts = _room(self.counts, end)
        lengths = _room(self.lengths, self.size + 1)
        frequencies[numbers] += 1
        terms[self.entries : end] = numbers
        counts[self.entries : end] = [min(count, _LARGEST_COUNT) for count in found.values()]
        rows[self.entries : end] = self.size
        lengths[self.size] = found.total()
        index = replace(
            self,
            frequencies=frequencies,
            lengths=lengths,
            terms=terms,
            counts=counts,
            rows=rows,
            size=self.size + 1,
            entries=end,
            total_length=self.total_length + found.total(),
        )
        recent = index.size - index.inverted_rows
        is_long = recent > _SMALLEST_TAIL + index.inverted_rows // _TAIL_SHARE
        return _inverted(index) if is_long else index

    def without(self, gone: NDArray[np.bool_]) -> LexicalIndex:
        """
        Return a state without some texts; those that stay move up.

        Args:
            gone: Which texts leave, shape (texts,).
        """
        full = self if self.inverted == self.entries else _inverted(self)
        stays = ~gone
        position = (np.cumsum(stays) - 1).astype(np.int32)
        terms, rows = full.terms[: full.entries], full.rows[: full.entries]
        left = stays[rows]
        lengths = full.lengths[: full.size][stays]
        frequencies = np.bincount(terms[left], minlength=len(full.vocabulary))
        by_term = full.postings
        there = stays[by_term.rows]
        postings = _Postings(
            _starts(frequencies), position[by_term.rows[there]], by_term.counts[there]
        )
        entries, size = int(left.sum()), int(stays.sum())
        return replace(
            full,
            frequencies=frequencies,
            lengths=lengths,
            terms=terms[left],
            counts=full.counts[: full.entries][left],
            rows=position[rows[left]],
            size=size,
            entries=entries,
            total_length=int(lengths.sum(dtype=np.float64)),
            inverted=entries,
            inverted_rows=size,
            postings=postings,
        )

    def _known(self, text: str) -> Rows:
        """
        Return the terms of a query that count, the rarest first, and by the alphabet among equals.
        """
        numbers = [self.vocabulary.get(term, -1) for term in sorted(_distinct_terms(text))]
        known = np.array(numbers, np.int32)
        known = known[(known >= 0) & (known < len(self.frequencies))]
        frequencies = self.frequencies[known]
        order = frequencies.argsort(kind="stable")
        frequencies = frequencies[order]
        absent = int(frequencies.searchsorted(1))
        most = frequencies[absent : absent + MAX_TERMS].cumsum()
        limit = min(self.size + EXTRA_MATCHES, MATCHES_PER_TEXT * self.size + _FEW_MATCHES)
        room = int(most.searchsorted(limit, side="right"))
        return known[order[absent : absent + room]]

    def _matches(self, asked: Rows, weights: Weights) -> tuple[Rows, Counts, Weights]:
        """
        Return rows and counts of the entries of some terms, and the weight of each one's term.
        """
        starts = self.postings.starts
        inverted = np.flatnonzero(asked < len(starts) - 1).astype(np.int32)
        begins, ends = starts[asked[inverted]], starts[asked[inverted] + 1]
        slices = list(map(slice, begins.tolist(), ends.tolist()))
        rows = [self.postings.rows[part] for part in slices]
        counts = [self.postings.counts[part] for part in slices]
        scores = [np.repeat(weights[inverted], ends - begins)]
        if self.entries > self.inverted:
            place_of = np.full(len(self.frequencies), -1, np.int32)
            place_of[asked] = np.arange(len(asked), dtype=np.int32)
            recent = place_of[self.terms[self.inverted : self.entries]]
            hits = np.flatnonzero(recent >= 0)
            rows.append(self.rows[self.inverted : self.entries][hits])
            counts.append(self.counts[self.inverted : self.entries][hits])
            scores.append(weights[recent[hits]])
        return np.concatenate(rows), np.concatenate(counts), np.concatenate(scores)


def _entries(
    texts: Sequence[str], first_row: int, vocabulary: dict[str, int]
) -> tuple[Rows, Rows, Rows]:
    """
    Return row, term and count of each entry of some texts, and add new terms to the vocabulary.
    """
    # A line of one letter is one term of three characters; the zero vanishes below.
    lines = [line if len(line) != _RUN - 1 else line + "\0" for line in map(_line, texts)]
    codes = np.frombuffer(_UTF_32.encode("".join(lines), "surrogatepass")[0], np.uint32)
    alphabet, letters = _alphabet(codes)
    size = len(alphabet)
    if size**_RUN > _LARGEST_KEY:
        middle = len(texts) // 2
        halves = (
            _entries(texts[:middle], first_row, vocabulary),
            _entries(texts[middle:], first_row + middle, vocabulary),
        )
        rows, terms, counts = (np.concatenate(part) for part in zip(*halves, strict=True))
        return rows, terms, counts
    lengths = np.array([len(line) for line in lines], np.int64)
    runs = np.maximum(lengths - _RUN + 1, 0)
    starts = np.repeat(lengths.cumsum() - lengths - (runs.cumsum() - runs), runs)
    starts += np.arange(starts.size)
    keys = np.zeros(starts.size, np.int64)
    for place in range(_RUN):
        keys = keys * size + letters[starts + place]
    distinct, numbers = np.unique(keys, return_inverse=True)
    digits = distinct[:, None] // size ** np.arange(_RUN - 1, -1, -1) % max(1, size)
    words = alphabet[digits].view(f"<U{_RUN}").ravel().tolist()
    known = np.array([vocabulary.setdefault(word, len(vocabulary)) for word in words], np.int32)
    of_rows = np.repeat(np.arange(len(lines)), runs) * max(1, distinct.size) + numbers.ravel()
    found, counts = np.unique(of_rows, return_counts=True)
    row, number = np.divmod(found, max(1, distinct.size))
    return (row + first_row).astype(np.int32), known[number], counts.astype(np.int32)


def _alphabet(codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """
    Return the code points that occur, ascending, and the place of each code among them.
    """
    occurs = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    occurs[codes] = True
    return np.flatnonzero(occurs).astype(np.uint32), (np.cumsum(occurs) - 1)[codes]


def _inverted(index: LexicalIndex) -> LexicalIndex:
    terms = index.terms[: index.entries]
    order = np.argsort(terms, kind="stable")
    starts = _starts(np.bincount(terms, minlength=len(index.vocabulary)))
    postings = _Postings(starts, index.rows[order], index.counts[order])
    return replace(index, inverted=index.entries, inverted_rows=index.size, postings=postings)


def _starts(frequencies: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.zeros(len(frequencies) + 1, np.int64)
    np.cumsum(frequencies, out=starts[1:])
    return starts


def _terms(text: str) -> Counter[str]:
    line = _line(text)
    return Counter([line[at : at + _RUN] for at in _positions(line)])


def _distinct_terms(text: str) -> set[str]:
    line = _line(text)
    return {line[at : at + _RUN] for at in _positions(line)}


def _line(text: str) -> str:
    words = _WORD.findall(text[:MAX_CHARACTERS].casefold())
    return f" {' '.join(words)} " if words else ""


def _positions(line: str) -> range:
    return range(max(bool(line), len(line) - _RUN + 1))


def _room(values: NDArray[ScalarT], size: int) -> NDArray[ScalarT]:
    if size <= len(values):
        return values
    larger = np.zeros(max(_SMALLEST_CAPACITY, 2 * size), values.dtype)
    larger[: len(values)] = values
    return larger
