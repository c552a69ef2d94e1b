"""
Integrations of agent frameworks, one module each, which nothing else here imports.

A module knows its framework and the client with its decorators and converters, and no other
integration.
"""
