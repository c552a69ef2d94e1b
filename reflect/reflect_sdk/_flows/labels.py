"""
The labels of a review: what users may write, and what the API accepts.
"""

from __future__ import annotations

from reflect_api.errors import InvalidArgumentError

_LABELS = {"pass": "pass", "success": "pass", "fail": "fail", "failure": "fail"}


def review_label(result: str) -> str:
    """
    Translate a review label into the API's.

    Args:
        result: `pass` or `success`, `fail` or `failure`, in any case and with surrounding blanks.

    Returns:
        `pass` or `fail`.

    Raises:
        InvalidArgumentError: For anything else, before a request is sent.
    """
    label = _LABELS.get(result.strip().lower()) if isinstance(result, str) else None
    if label is None:
        raise InvalidArgumentError(
            f"A review's result must be 'pass' (or 'success') or 'fail' (or 'failure'), "
            f"found {result!r}."
        )
    return label
