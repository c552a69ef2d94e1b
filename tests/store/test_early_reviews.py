from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from reflect_server.domain.review import Review
from reflect_server.store.protocol.early_reviews import KEPT_FOR, MOST_EARLY_REVIEWS
from reflect_server.store.protocol.store import Store

from .conftest import NOW


def test_a_review_waits_for_a_day(store: Store, a_review: Callable[..., Review]):
    review = a_review("t", alpha=0.5, feedback_text="Right.", remember=False)
    assert store.write(lambda tx: tx.early_reviews.keep("p", review))

    find = lambda project, now: store.read(  # noqa: E731 - read twice below
        lambda tx: tx.early_reviews.find(project, "t", now=now)
    )
    assert find("p", NOW + KEPT_FOR) == review
    assert find("p", NOW + KEPT_FOR + timedelta(seconds=1)) is None
    assert find("q", NOW) is None
    store.write(lambda tx: tx.early_reviews.discard("p", "t"))
    assert find("p", NOW) is None


def test_a_project_has_room_for_so_many_and_old_ones_make_room(
    store: Store, a_review: Callable[..., Review]
):
    def fill(tx: object) -> list[bool]:
        keep = tx.early_reviews.keep  # type: ignore[attr-defined]  # a transaction
        return [keep("p", a_review(f"t{n}")) for n in range(MOST_EARLY_REVIEWS + 1)]

    kept = store.write(fill)
    assert (kept.count(True), kept[-1]) == (MOST_EARLY_REVIEWS, False)
    assert store.write(lambda tx: tx.early_reviews.keep("q", a_review("t")))
    later = a_review("later", created_at=NOW + KEPT_FOR + timedelta(seconds=1))
    assert store.write(lambda tx: tx.early_reviews.keep("p", later))
