"""
What can stop the demo.
"""


class DemoError(Exception):
    """
    The demo cannot start or go on; the message says in a sentence why and what to do.
    """
