"""
Texts for people at a terminal, and what a command says where an extra is missing.

It knows no other room, so that a bare installation can import it.
"""
