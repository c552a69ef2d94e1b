"""
Ingestion: what turns a reviewed trace into a memory, in the background.

It knows the use cases and all below them, and no door.
"""
