"""
Settings: what can be set, where each was found, and whether it fits.

It knows the rules in `domain` for their defaults; no room reads the environment but this one.
"""
