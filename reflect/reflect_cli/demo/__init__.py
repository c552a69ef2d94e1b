"""
The demo: an agent that answers questions with SQL and gets better because it remembers.
"""
