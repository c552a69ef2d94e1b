"""
Texts for people at a terminal: safe to show there, in its colours, and counted.

It knows no other room.
"""
