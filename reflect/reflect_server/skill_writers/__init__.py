"""
Writers of skills: what proposes how a skill changes, with a language model or without.
"""
