import dataclasses
from dataclasses import dataclass

import pytest

from reflect_cli.demo.agent import SimulatedAgent, lesson_of
from reflect_cli.demo.rules import read_rules
from reflect_cli.demo.tasks import Question

DRAFT = "SELECT SUM(orders.total) FROM orders GROUP BY orders.channel"
REVENUE = Question("What is the revenue of each channel?", DRAFT)
PAID = "For revenue, keep only rows where `orders.status = 'paid'`."
WEB = "For revenue, keep only rows where `orders.channel = 'web'`."


@dataclass
class Remembered:
    id: str
    guidance: str = ""
    success: bool | None = False
    reflection: str = ""
    key_mistake: str = ""
    correct_action: str = ""


def answer(question: Question, *memories: Remembered):
    return SimulatedAgent().answer(question, memories, question.text)


def test_without_memories_the_draft_is_the_answer():
    assert answer(REVENUE).sql == DRAFT
    assert answer(REVENUE).used_memory_ids == ()


def test_an_agent_sees_the_words_and_its_draft_and_nothing_else_of_a_task():
    assert [field.name for field in dataclasses.fields(Question)] == ["text", "draft"]


def test_a_rule_of_a_memory_is_followed_noted_and_named():
    result = answer(REVENUE, Remembered("m1", f"Refunds are no revenue. {PAID}"))
    assert result.sql == (
        f"/* {PAID} */ SELECT SUM(orders.total) FROM orders WHERE orders.status = 'paid'"
        " GROUP BY orders.channel"
    )
    assert result.used_memory_ids == ("m1",)


def test_of_two_rules_on_a_subject_the_better_ranked_is_followed():
    result = answer(REVENUE, Remembered("wrong", WEB), Remembered("right", PAID))
    assert "'web'" in result.sql
    assert "'paid'" not in result.sql
    assert result.used_memory_ids == ("wrong",)


def test_a_rule_to_leave_the_query_alone_shuts_out_its_rivals():
    gross = Question("What is the gross revenue?", "SELECT SUM(orders.total) FROM orders")
    leave = Remembered("m1", "For gross revenue, leave the query as it is.")
    result = answer(gross, leave, Remembered("m2", PAID))
    assert result.sql.endswith("*/ SELECT SUM(orders.total) FROM orders")
    assert result.used_memory_ids == ("m1",)


def test_rules_on_different_subjects_are_followed_together():
    question = Question("What is the revenue in dollars?", "SELECT SUM(orders.total) FROM orders")
    cents = "For dollars, write `orders.total / 100.0` instead of `orders.total`."
    result = answer(question, Remembered("m1", PAID), Remembered("m2", cents))
    assert result.sql.endswith(
        "SELECT SUM(orders.total / 100.0) FROM orders WHERE orders.status = 'paid'"
    )
    assert result.used_memory_ids == ("m1", "m2")


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("How many warehouses are there?", "SELECT COUNT(*) FROM orders"),
        ("What is the revenue?", "SELECT COUNT(*) FROM warehouses"),
    ],
    ids=["another subject", "another table"],
)
def test_a_rule_that_does_not_fit_is_not_used(text: str, draft: str):
    result = answer(Question(text, draft), Remembered("m1", PAID))
    assert result.sql == draft
    assert result.used_memory_ids == ()


def test_the_notes_of_a_passed_answer_teach_and_those_of_a_failed_one_do_not():
    noted = f"/* {WEB} */ SELECT 1"
    assert answer(REVENUE, Remembered("m1", correct_action=noted, success=True)).used_memory_ids
    assert not answer(REVENUE, Remembered("m1", reflection=noted)).used_memory_ids


def test_rules_are_read_through_line_breaks_and_only_once():
    rules = read_rules(PAID.replace("only rows", "only\n  rows") + " " + PAID)
    assert [rule.sentence for rule in rules] == [PAID]


def test_a_condition_joins_those_that_a_query_has():
    rule = read_rules(PAID)[0]
    sql = "SELECT orders.id FROM orders WHERE orders.total > 5 ORDER BY orders.id LIMIT 3"
    assert rule.follow(sql) == (
        "SELECT orders.id FROM orders WHERE orders.total > 5 AND orders.status = 'paid'"
        " ORDER BY orders.id LIMIT 3"
    )


def test_a_memory_without_rules_is_summed_up_by_its_guidance():
    assert lesson_of(Remembered("m1", "Look\n twice.")) == "Look twice."
    assert lesson_of(Remembered("m1", f"Careful. {PAID}")) == PAID
