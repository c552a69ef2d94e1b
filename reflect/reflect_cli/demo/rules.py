"""
Rules: the three forms of advice that the simulated agent understands, whatever they speak of.

A rule is a sentence in a memory's text, such as

    For revenue, keep only rows where `orders.status = 'paid'`.
    For stock, write `stock.quantity - stock.reserved` instead of `stock.quantity`.
    For gross revenue, leave the query as it is.

This module knows how to read such a sentence and how to follow it. It knows no convention of any
shop: what the sentences say reaches the agent through its memories alone.
"""

import re
from dataclasses import dataclass

_SENTENCE = re.compile(
    r"\bFor (?:(?:the|an?) )?(?P<subject>[\w' -]+?), (?:"
    r"keep only rows where `(?P<condition>[^`]+)`"
    r"|write `(?P<new>[^`]+)` instead of `(?P<old>[^`]+)`"
    r"|leave the query as it is)"
)
_TAIL = re.compile(r"\s+(?:GROUP BY|HAVING|ORDER BY|LIMIT)\b")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One piece of advice.

    Attributes:
        subject: The words of a question that the rule is about.
        sentence: The rule as it was read.
        condition: What the rows must fulfil, or empty.
        old: The expression to be replaced, or empty.
        new: What replaces it.
    """

    subject: str
    sentence: str
    condition: str = ""
    old: str = ""
    new: str = ""

    def concerns(self, question: str) -> bool:
        """
        Tell whether the question speaks of the rule's subject.

        Args:
            question: The question in words.
        """
        return _contains(question, self.subject)

    def rivals(self, other: "Rule") -> bool:
        """
        Tell whether both rules speak of one subject, of which only one can be followed.

        Args:
            other: The other rule.
        """
        return _contains(self.subject, other.subject) or _contains(other.subject, self.subject)

    def follow(self, sql: str) -> str | None:
        """
        Change a query as the rule says.

        Args:
            sql: One plain SELECT without subqueries, its tables written out by name.

        Returns:
            The changed query, or None when the rule does not fit the query: a table of its
            condition or the expression to be replaced is not there.
        """
        if self.condition:
            tables = set(re.findall(r"(\w+)\.\w+", self.condition))
            present = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", sql))
            return _with_condition(sql, self.condition) if tables <= present else None
        if self.old:
            return sql.replace(self.old, self.new) if self.old in sql else None
        return sql


def read_rules(text: str, *, without_comments: bool = False) -> list[Rule]:
    """
    Find the rules in a text, in order, each once.

    Args:
        text: Any prose, SQL or both.
        without_comments: Skip what stands in SQL comments, where the agent notes the rules that it
            followed. In the record of a failed run those are suspects, not advice.

    Returns:
        The rules; empty when the text teaches nothing that the agent understands.
    """
    if without_comments:
        text = _COMMENT.sub(" ", text)
    rules = {}
    for match in _SENTENCE.finditer(" ".join(text.split())):
        groups = match.groupdict(default="")
        groups["subject"] = groups["subject"].lower()
        rules[match.group()] = Rule(sentence=f"{match.group()}.", **groups)
    return list(rules.values())


def _contains(text: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(words.lower())}\b", text.lower()) is not None


def _with_condition(sql: str, condition: str) -> str:
    tail = _TAIL.search(sql)
    end = tail.start() if tail else len(sql)
    joint = "AND" if " WHERE " in sql[:end] else "WHERE"
    return f"{sql[:end]} {joint} {condition}{sql[end:]}"
