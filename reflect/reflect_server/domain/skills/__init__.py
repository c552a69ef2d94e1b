"""
What a skill is, and the rules by which it changes: edits, gate, lessons, document.

It knows the rest of `domain` and what that knows.
"""
