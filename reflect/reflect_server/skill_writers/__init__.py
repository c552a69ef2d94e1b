"""
Skill writers: they propose edits to a skill, with a language model or without.

They know `domain.skills` and `providers`; whether an edit is accepted the domain decides.
"""
