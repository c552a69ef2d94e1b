"""
What an operator does to an installation, beside a server or without one.

It knows every room below; the commands word it for a terminal.
"""
