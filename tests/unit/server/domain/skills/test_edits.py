"""
Edits of a skill and the gate, as functions; the whole is tested over HTTP.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflect_server.domain.memory import Memory, QValueEvent
from reflect_server.domain.reflection import Reflection
from reflect_server.domain.review import ReviewResult
from reflect_server.domain.skills.document import (
    RESERVED_WORDS,
    SkillFormatError,
    document,
    require_skill_format,
)
from reflect_server.domain.skills.edits import Draft, LineEdit
from reflect_server.domain.skills.entities import SkillChangeAction, SkillLine, SkillSection
from reflect_server.domain.skills.gate import Ground, compare
from reflect_server.embedders.local import LocalEmbedder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADDED, REVISED, REMOVED = list(SkillChangeAction)[:3]
VECTORS = {"m1": (1.0, 0.0), "m2": (0.0, 1.0), "m3": (0.6, 0.8)}


def memory(memory_id: str, guidance: str = "Filter the orders on shipped_at") -> Memory:
    return Memory(
        id=memory_id,
        project_id="p",
        trace_id=f"trace-of-{memory_id}",
        task="Count shipped orders",
        reflection=Reflection("Orders have a shipping date", guidance),
        success=True,
        created_at=NOW,
    )


def line(line_id: str, *memory_ids: str) -> SkillLine:
    return SkillLine(line_id, SkillSection.STRATEGY, line_id, "- Do", memory_ids)


def event(memory_id: str, result: ReviewResult, trace_id: str = "elsewhere") -> QValueEvent:
    number = next(_numbers)
    return QValueEvent(
        f"e{number}", memory_id, trace_id, f"r{number}", result, 0.3, 1.0, 0.5, 0.5, NOW
    )


_numbers = iter(range(10_000_000))


def ground(*events: QValueEvent, base_rate: float = 0.5) -> Ground:
    histories = {i: [e for e in events if e.memory_id == i] for i in VECTORS}
    vectors = {i: np.array(v, np.float32) for i, v in VECTORS.items()}
    return Ground([memory(i) for i in VECTORS], vectors, histories, base_rate)


@pytest.fixture
def draft() -> Draft:
    present = SkillLine("old", SkillSection.STRATEGY, "Old advice", "- Wait", ("m1",))
    memories = {i: memory(i) for i in VECTORS}
    return Draft(SkillSection.STRATEGY, {"old": present}, memories, LocalEmbedder())


def test_edits_are_made_in_order_and_told(draft: Draft):
    draft.apply(
        [
            LineEdit(ADDED, None, "Use the shipping date", "- Filter orders on it", ("m2",)),
            LineEdit(REVISED, "old", "Shipped orders", "- Count orders that shipped", ("m1", "m3")),
            LineEdit(REMOVED, "old", reason="It was wrong."),
        ]
    )
    (added,) = draft.lines.values()
    assert (added.title, added.memory_ids) == ("Use the shipping date", ("m2",))
    assert [change.action for change in draft.changes] == [ADDED, REVISED, REMOVED]
    assert (draft.changes[1].before, draft.changes[1].after) == (
        "- Wait",
        "- Count orders that shipped",
    )
    assert draft.changes[2].reason == "It was wrong."


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (LineEdit(ADDED, None, "Filter orders", "- Filter", ()), "cites no memory"),
        (LineEdit(ADDED, None, "Filter orders", "- Filter", ("m9",)), "cites no memory"),
        (LineEdit(ADDED, None, " ", "- Filter", ("m1",)), "is blank"),
        (LineEdit(ADDED, "old", "Filter orders", "- Filter", ("m1",)), "exists already"),
        (LineEdit(REVISED, "new", "Filter orders", "- Filter", ("m1",)), "There is no line 'new'"),
        (LineEdit(REMOVED, None), "There is no line None"),
        (LineEdit(SkillChangeAction.REFUSED, "old"), "It is no edit"),
        (
            LineEdit(ADDED, None, "Tune the violin", "- Play a sonata in D minor", ("m1",)),
            "nothing to do with the memories",
        ),
    ],
)
def test_an_edit_that_cannot_be_made_changes_nothing_and_is_told(
    draft: Draft, edit: LineEdit, reason: str
):
    before = dict(draft.lines)
    draft.apply([edit])
    assert draft.lines == before
    (change,) = draft.changes
    assert change.action is SkillChangeAction.REFUSED
    assert reason in change.reason


def test_a_revision_that_changes_nothing_is_no_change(draft: Draft):
    draft.apply([LineEdit(ADDED, "new", "Shipped orders", "- Count shipped orders", ("m1",))])
    told = list(draft.changes)
    draft.apply([LineEdit(REVISED, "new", "Shipped orders", "- Count shipped orders", ("m1",))])
    assert draft.changes == told


def test_dropping_advice_that_helped_is_worse_and_dropping_advice_that_misled_better():
    full, empty = [line("l1", "m1")], []
    helped = ground(*(event("m1", ReviewResult.PASS) for _ in range(4)))
    misled = ground(*(event("m1", ReviewResult.FAIL) for _ in range(4)))
    assert compare(full, empty, helped).after < compare(full, empty, helped).before
    assert compare(full, empty, misled).after > compare(full, empty, misled).before
    assert compare(full, empty, helped).reviews == 4


def test_a_task_does_not_vouch_for_its_own_line():
    lines = [line("l1", "m1")]
    own = [event("m1", ReviewResult.PASS, trace_id=f"trace-of-{i}") for i in VECTORS]
    check = compare([], lines, ground(own[0]))
    assert check.after > check.before, "the review of one run speaks to the tasks of others"
    alone = Ground([memory("m1")], ground().vectors, ground(*own).histories, 0.5)
    assert compare([], lines, alone).after == 0.5, "the line cites the task's own memory alone"


def test_without_reviews_of_its_memories_every_version_is_worth_the_base_rate():
    check = compare([line("l1", "m1")], [line("l2", "m2", "m3")], ground(base_rate=0.3))
    assert (check.before, check.after, check.reviews, check.tasks) == (0.3, 0.3, 0, 3)


@given(
    st.lists(st.tuples(st.sampled_from(list(VECTORS)), st.sampled_from(ReviewResult)), max_size=20)
)
def test_a_version_is_never_worse_than_itself(reviews: list[tuple[str, ReviewResult]]):
    lines = [line("l1", "m1", "m3"), line("l2", "m2")]
    check = compare(lines, lines[::-1], ground(*(event(i, result) for i, result in reviews)))
    assert check.before == check.after
    assert 0 <= check.after <= 1


GOOD = '---\nname: my-skill\ndescription: "What it is for"\n---\n\n# Title\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# No front matter", "A skill begins with"),
        (GOOD.replace("# Title\n", ""), "has a text after them"),
        (GOOD.replace("my-skill", "My Skill"), "small letters"),
        (GOOD.replace("my-skill", "x" * 65), "up to 64"),
        (GOOD.replace("my-skill", "-x"), "single hyphens"),
        (GOOD.replace("my-skill", "claude-skill"), "may not hold 'claude'"),
        (GOOD.replace("What it is for", " "), "1 to 1024 characters"),
        (GOOD.replace("What it is for", "x" * 1025), "1025 characters"),
        (GOOD.replace("What it is for", "<b>x</b>"), "no tags"),
    ],
)
def test_a_document_of_another_form_is_no_skill(content: str, message: str):
    require_skill_format(GOOD)
    with pytest.raises(SkillFormatError, match=message):
        require_skill_format(content)


PIECES = st.sampled_from([*RESERVED_WORDS, "cl", "aude", "an", "thropic", "-", " ", "/", "É"])


@example("an-clclaudeaude-thropic", "")
@given(
    st.text() | st.lists(PIECES, min_size=1).map("".join),
    st.text()
    | st.lists(st.sampled_from(["<b>", "<", ">", "---", "\n", '"', "\\", "\x85"])).map("".join),
)
def test_any_project_and_any_task_make_a_document_of_the_format(project_id: str, task: str):
    known = replace(memory("m1"), task=task)
    content = document(project_id, [line("l1", "m1")], {"m1": known}, base_rate=0.5)
    assert content.startswith("---\nname: ")
