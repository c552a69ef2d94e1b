r"""
Redaction: what a client takes out of every text before it leaves the process.

    from reflect_sdk import ReflectClient, redaction

    client = ReflectClient(api_key="rf_live_...", redact=redaction.common_secrets)
"""

from __future__ import annotations

import re

from attrs import frozen

from reflect_sdk._types.outgoing import Redactor

__all__ = [
    "Chain",
    "Redactor",
    "api_keys",
    "common_secrets",
    "mail_addresses",
    "payment_cards",
    "tokens",
]

_START = r"(?<![A-Za-z0-9])"
_KEYS = re.compile(
    _START + r"(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic and many after them
    r"|(?:sk|rk|rf|pk)_(?:live|test)_[A-Za-z0-9_-]{8,}"  # Stripe, Reflect
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"  # AWS
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|gh[a-z]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl[a-z]{2,5}-[A-Za-z0-9_-]{16,}"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"  # Slack
    r"|(?:hf|gsk|npm|r8|fw|lsv2_pt|lsv2_sk|tvly|pplx|xai|nvapi|dop_v1|shpat|shpss)[_-]"
    r"[A-Za-z0-9_-]{16,}"
    r"|pypi-[A-Za-z0-9_-]{16,}|SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r")"
)
_PRIVATE_KEYS = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_TOKENS = re.compile(
    r"(?P<jwt>" + _START + r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?)"
    r"|(?P<scheme>\b(?:Bearer|Basic|Token|Digest)\s+)(?=[^\s\"',;]*[0-9=_.-])[A-Za-z0-9._~+/=-]{12,}"
    r"|(?P<before>://[^/\s:@\"']{0,256}:)[^/\s@\"']{1,256}(?=@)"
    r"|(?P<google>" + _START + r"ya29\.[A-Za-z0-9_-]{10,})",
    re.IGNORECASE,
)
_NAMES = (
    r"(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|secret[_-]?key|credentials?|(?<![a-z])token|_token|-token|authorization|cookie)"
)
_ASSIGNED = re.compile(
    r"(?P<name>" + _NAMES + r"[\"']?\s{0,3}(?:=>|[:=])\s{0,3})"
    r"(?P<value>\"[^\"\n]{1,4096}\"|'[^'\n]{1,4096}'|[^\s\"',;&}\])]{4,4096})",
    re.IGNORECASE,
)
_HIDING = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|secret[_-]?key|credentials?|token|(?:set[_-])?cookie"
    r"|(?:proxy[_-])?authorization)$"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]++@(?:[\w](?:[\w-]{0,61}[\w])?\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_DIGITS = re.compile(r"(?<![0-9])[0-9]+(?:[ .\u00a0-][0-9]+)*(?![0-9])")
_GROUP = re.compile(r"[0-9]+")
_CARD_LENGTHS = range(13, 20)
_FIRST_DIGITS = "23456"


def api_keys(text: str) -> str:
    """
    Take out keys whose form is known, such as `sk-…`, `ghp_…` or `AKIA…`, and private keys.

    Args:
        text: The text.

    Returns:
        The text with `[redacted: key]` for each.

    Example:
        >>> api_keys("Use sk-proj-abcdefghijklmnop.")
        'Use [redacted: key].'
    """
    return _KEYS.sub("[redacted: key]", _PRIVATE_KEYS.sub("[redacted: key]", text))


def tokens(text: str) -> str:
    """
    Take out JSON web tokens, credentials of an `Authorization` header or an address, and what is
    assigned to a name such as `password` or `api_key`.

    Args:
        text: The text.

    Returns:
        The text with `[redacted: token]` for each.

    Example:
        >>> tokens("password: hunter2, from postgres://me:hunter2@db/orders")
        'password: [redacted: token], from postgres://me:[redacted: token]@db/orders'
    """
    text = _TOKENS.sub(
        lambda found: f"{found['scheme'] or found['before'] or ''}[redacted: token]", text
    )
    return _ASSIGNED.sub(_without_value, text)


def mail_addresses(text: str) -> str:
    """
    Take out mail addresses.

    Args:
        text: The text.

    Returns:
        The text with `[redacted: mail address]` for each.

    Example:
        >>> mail_addresses("Write to ann@example.com.")
        'Write to [redacted: mail address].'
    """
    return _MAIL.sub("[redacted: mail address]", text) if "@" in text else text


def payment_cards(text: str) -> str:
    """
    Take out the numbers of payment cards: 13 to 19 digits, also in groups, whose check digit is
    right.

    Args:
        text: The text.

    Returns:
        The text with `[redacted: card]` for each.

    Example:
        >>> payment_cards("Paid with 4111 1111 1111 1111, order 4111 1111 1111 1112.")
        'Paid with [redacted: card], order 4111 1111 1111 1112.'
    """
    return _DIGITS.sub(lambda found: _without_cards(found[0]), text)


@frozen
class Chain:
    """
    Several redactors as one.

    Attributes:
        redactors: The redactors, in the order in which they are called.
        hides_names: Whether what stands under a name such as `password`, `api_key` or
            `Authorization` is taken out, whatever it is; on by default.

    Example:
        >>> redact = Chain((api_keys, lambda text: text.replace("ACME", "[customer]")))
        >>> redact("ACME pays with sk-proj-abcdefghijklmnop")
        '[customer] pays with [redacted: key]'
    """

    redactors: tuple[Redactor, ...]
    hides_names: bool = True

    def __call__(self, text: str) -> str:
        """
        Redact a text.

        Args:
            text: The text.

        Returns:
            What the last redactor has left of it.
        """
        for redactor in self.redactors:
            text = redactor(text)
        return text

    def hides(self, name: str) -> bool:
        """
        Say whether what stands under a name is taken out.

        Args:
            name: The name of a field, in any case.

        Returns:
            True for names of secrets.
        """
        return self.hides_names and bool(_HIDING.search(_CAMEL.sub("_", name).lower()))


common_secrets = Chain((api_keys, tokens, mail_addresses, payment_cards))
"""
The ready redactor: keys, tokens, mail addresses and payment cards, and what stands under names of
secrets.
"""


def _without_value(found: re.Match[str]) -> str:
    value = found["value"]
    if value.startswith("[redacted"):
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{quote}[redacted: token]{quote}"


def _without_cards(digits: str) -> str:
    """
    Take the cards out of digits in groups, whatever stands before and after each.
    """
    if len(digits) < _CARD_LENGTHS.start:
        return digits
    groups = [found.span() for found in _GROUP.finditer(digits)]
    kept, place, first = "", 0, 0
    while first < len(groups):
        end = _end_of_card(digits, groups, first)
        if end is None:
            first += 1
            continue
        kept += digits[place : groups[first][0]] + "[redacted: card]"
        place, first = groups[end][1], end + 1
    return kept + digits[place:]


def _end_of_card(digits: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """
    Return the last group of the card that begins with a group; None where none does.
    """
    if digits[groups[first][0]] not in _FIRST_DIGITS:
        return None
    number, found = "", None
    for last in range(first, len(groups)):
        number += digits[slice(*groups[last])]
        if len(number) not in range(_CARD_LENGTHS.stop):
            break
        if len(number) in _CARD_LENGTHS and _has_right_check_digit(number):
            found = last
    return found


def _has_right_check_digit(number: str) -> bool:
    """
    Check a number as Luhn's patent says (US 2,950,048).
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0
