"""
Ingestion: what turns a reviewed trace into a memory, in the background.
"""
