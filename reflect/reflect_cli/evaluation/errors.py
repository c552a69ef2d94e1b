"""
What goes wrong in an evaluation.
"""


class EvaluationError(Exception):
    """
    The evaluation cannot start or go on. The message says why and what to do.
    """
